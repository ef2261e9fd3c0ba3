import CZeroMQ
import Foundation

@testable import EventZMQ

/// A libzmq socket without any manners, to play peers that are not buses.
@safe final class RawSocket {
    private let context: UnsafeMutableRawPointer?
    private let socket: UnsafeMutableRawPointer?
    private var file: String?

    init(_ kind: Int32) {
        unsafe context = unsafe zmq_ctx_new()
        unsafe socket = unsafe zmq_socket(context, kind)
        set(ZMQ_LINGER, 0)
        set(ZMQ_SNDHWM, 0)
        set(ZMQ_RCVHWM, 0)
        set(ZMQ_RCVTIMEO, 10_000)
    }

    deinit {
        unsafe zmq_close(socket)
        unsafe zmq_ctx_term(context)
        if let file { try? FileManager.default.removeItem(atPath: file) }
    }

    func set(_ option: Int32, _ value: Int32) {
        var value = value
        unsafe zmq_setsockopt(socket, option, &value, 4)
    }

    /// Says in the handshake that it is a bus, one that does not know the compact form.
    func pretend(toBe bus: String) {
        say(PeerIdentity.property, PeerIdentity(bus: bus).text)
    }

    /// Says something in the handshake.
    func say(_ property: String, _ value: String) {
        let (metadata, text) = (Int32(95), "\(property):\(value)")
        unsafe zmq_setsockopt(socket, metadata, text, text.utf8.count)
    }

    /// Binds an ipc endpoint; libzmq leaves its file behind.
    func bind(_ endpoint: String) -> Bool {
        file = String(endpoint.dropFirst(6))
        return unsafe zmq_bind(socket, endpoint) == 0
    }

    /// Leaves the file when the socket goes, as a process does that dies.
    func leaveFile() {
        file = nil
    }

    func connect(_ endpoint: String) -> Bool { unsafe zmq_connect(socket, endpoint) == 0 }

    func subscribe(_ prefix: String) {
        subscribe(Array(prefix.utf8))
    }

    func subscribe(_ prefix: [UInt8]) {
        unsafe zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, prefix.count)
    }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            unsafe zmq_send(socket, frame, frame.count, index == frames.count - 1 ? 0 : ZMQ_SNDMORE)
        }
    }

    func send(_ frames: String...) {
        send(frames.map { Array($0.utf8) })
    }

    /// Receives a message, or nothing when none comes for ten seconds.
    func receive() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        repeat {
            let count = unsafe zmq_recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { return [] }
            frames.append(Array(buffer.prefix(Int(count))))
        } while hasMore
        return frames
    }

    /// Receives until a message has come whose first frame is as given.
    func receive(until topic: [UInt8]) -> [[UInt8]] {
        while true {
            let frames = receive()
            if frames.isEmpty || frames.first == topic { return frames }
        }
    }

    private var hasMore: Bool {
        var more: Int32 = 0
        var size = MemoryLayout<Int32>.size
        unsafe zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size)
        return more != 0
    }
}
