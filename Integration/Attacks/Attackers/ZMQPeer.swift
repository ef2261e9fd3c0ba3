import CZeroMQ
import EventZMQ

/// A libzmq socket without manners: a peer that is no bus, and may have a key.
@safe final class ZMQPeer {
    private let context: UnsafeMutableRawPointer?
    private let socket: UnsafeMutableRawPointer?

    /// Connects.
    ///
    /// - Parameters:
    ///   - kind: `ZMQ_SUB` and the like.
    ///   - endpoint: Where to.
    ///   - identity: With which key, and to whose.
    ///   - prefix: What to subscribe to, if anything.
    init(_ kind: Int32, to endpoint: String, as identity: Keyring.Identity? = nil, subscribing prefix: [UInt8]? = nil) {
        unsafe context = unsafe zmq_ctx_new()
        unsafe socket = unsafe zmq_socket(context, kind)
        for option in [ZMQ_LINGER, ZMQ_SNDHWM, ZMQ_RCVHWM] { set(option, 0) }
        set(ZMQ_SNDTIMEO, 5000)
        if let identity {
            set(ZMQ_CURVE_SECRETKEY, identity.secret)
            set(ZMQ_CURVE_PUBLICKEY, identity.publicKey)
            set(ZMQ_CURVE_SERVERKEY, identity.serverKey)
        }
        unsafe zmq_connect(socket, endpoint)
        if let prefix { unsafe zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, prefix.count) }
    }

    deinit {
        unsafe zmq_close(socket)
        unsafe zmq_ctx_term(context)
    }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            unsafe zmq_send(socket, frame, frame.count, index == frames.count - 1 ? 0 : ZMQ_SNDMORE)
        }
    }

    /// The next message.
    ///
    /// - Parameter limit: How long to wait for it.
    /// - Returns: Its frames, none when it does not come in time.
    func receive(within limit: Duration) -> [[UInt8]] {
        set(ZMQ_RCVTIMEO, Int32(limit / .milliseconds(1)))
        var frames: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        repeat {
            let count = unsafe zmq_recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { return [] }
            frames.append(Array(buffer.prefix(Int(count))))
        } while hasMore
        return frames
    }

    /// The first message that is as wanted.
    func receive(within limit: Duration, where isWanted: ([[UInt8]]) -> Bool) -> [[UInt8]]? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let frames = receive(within: max(deadline - .now, .milliseconds(1)))
            if isWanted(frames) { return frames }
        }
        return nil
    }

    private func set(_ option: Int32, _ value: Int32) {
        var value = value
        unsafe zmq_setsockopt(socket, option, &value, 4)
    }

    private func set(_ option: Int32, _ text: String) {
        unsafe zmq_setsockopt(socket, option, text, text.utf8.count)
    }

    private var hasMore: Bool {
        var more: Int32 = 0
        var size = MemoryLayout<Int32>.size
        unsafe zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size)
        return more != 0
    }
}
