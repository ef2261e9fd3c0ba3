import CZeroMQ
import EventCore

/// Owns one libzmq socket.
///
/// Neither copyable nor `Sendable`, so two tasks cannot share it.
@safe struct ZMQSocket: ~Copyable {
    enum Kind: Sendable {
        case pair, publish, reply, subscribe

        fileprivate var rawValue: Int32 {
            switch self {
            case .pair: ZMQ_PAIR
            case .publish: ZMQ_XPUB
            case .reply: ZMQ_REP
            case .subscribe: ZMQ_SUB
            }
        }
    }

    /// Whether a frame ends its message.
    enum Place: Sendable {
        case middle, last

        fileprivate var flags: Int32 { self == .last ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE }
    }

    let handle: UnsafeMutableRawPointer
    // zmq_ctx_term waits for every socket, so each socket keeps its context alive.
    private let context: ZMQContext

    private init(_ handle: UnsafeMutableRawPointer, _ context: ZMQContext) {
        unsafe self.handle = unsafe handle
        self.context = context
    }

    static func open(
        _ kind: Kind,
        in context: ZMQContext,
        options: ZMQSocketOptions
    ) throws(EventError) -> ZMQSocket {
        guard let handle = unsafe zmq_socket(context.handle, kind.rawValue) else {
            throw ZMQResult.failure("create a socket", zmq_errno())
        }
        let socket = unsafe ZMQSocket(handle, context)
        for (option, value) in options.values { try socket.set(option, value) }
        return socket
    }

    deinit {
        unsafe zmq_close(handle)
    }

    // MARK: Options

    func set(_ option: ZMQSocketOption, _ value: Int) throws(EventError) {
        try ZMQResult.check("set socket option \(option) to \(value)") {
            // Of the options used here only the greatest message size is wider than an int.
            if option == .maximumMessageSize {
                var number = Int64(value)
                return unsafe zmq_setsockopt(handle, option.rawValue, &number, MemoryLayout<Int64>.size)
            }
            var number = Int32(clamping: value)
            return unsafe zmq_setsockopt(handle, option.rawValue, &number, MemoryLayout<Int32>.size)
        }
    }

    func set(_ option: ZMQTextOption, _ value: [UInt8]) throws(EventError) {
        // The value may be a secret.
        try ZMQResult.check("set socket option \(option)") {
            unsafe zmq_setsockopt(handle, option.rawValue, value, value.count)
        }
    }

    /// Says something of this end to every peer in the handshake.
    ///
    /// ZMQ_METADATA is a draft in zmq.h, and its number is not there without them; a libzmq that does not know it refuses.
    func setProperty(_ name: String, _ value: String) {
        let metadata: Int32 = 95
        let text = "\(name):\(value)"
        _ = ZMQResult.of { unsafe zmq_setsockopt(handle, metadata, text, text.utf8.count) }
    }

    /// The descriptor that becomes readable when the socket's events may have changed.
    ///
    /// zmq_getsockopt(3), ZMQ_FD: "The returned file descriptor is only to be used with a poll or select", and it is
    /// edge-triggered: after it fired, receive until there is nothing left.
    var descriptor: Int32 {
        get throws(EventError) {
            var descriptor: Int32 = -1
            var size = MemoryLayout<Int32>.size
            try ZMQResult.check("read a socket's descriptor") {
                unsafe zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size)
            }
            return descriptor
        }
    }

    /// The endpoint last bound, with the port that a wildcard stood for.
    var lastEndpoint: String {
        get throws(EventError) {
            var text = [CChar](repeating: 0, count: 512)
            var size = text.count
            try ZMQResult.check("read the bound endpoint") {
                unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size)
            }
            return String(endingWithZero: text)
        }
    }

    // MARK: Endpoints

    func bind(to endpoint: String) throws(EventError) {
        try ZMQResult.check("bind \(endpoint)") { unsafe zmq_bind(handle, endpoint) }
    }

    /// Takes over a descriptor that listens already.
    func bind(to endpoint: String, listener: Int32) throws(EventError) {
        try set(.listener, Int(listener))
        defer { try? set(.listener, -1) }
        try bind(to: endpoint)
    }

    func connect(to endpoint: String) throws(EventError) {
        try ZMQResult.check("connect \(endpoint)") { unsafe zmq_connect(handle, endpoint) }
    }

    func disconnect(from endpoint: String) throws(EventError) {
        try ZMQResult.check("disconnect \(endpoint)") { unsafe zmq_disconnect(handle, endpoint) }
    }

    /// Reports what happens to the socket's connections on an inproc endpoint; an empty name ends that.
    func monitor(on endpoint: String?) throws(EventError) {
        try ZMQResult.check("monitor a socket") { unsafe zmq_socket_monitor(handle, endpoint, ZMQ_EVENT_ALL) }
    }

    // MARK: Subscriptions

    func subscribe(to topic: [UInt8]) throws(EventError) {
        try ZMQResult.check("subscribe") { unsafe zmq_setsockopt(handle, ZMQ_SUBSCRIBE, topic, topic.count) }
    }

    func unsubscribe(from topic: [UInt8]) throws(EventError) {
        try ZMQResult.check("unsubscribe") { unsafe zmq_setsockopt(handle, ZMQ_UNSUBSCRIBE, topic, topic.count) }
    }

    // MARK: Messages

    /// Sends a frame without waiting.
    @inline(__always)
    func send(_ frame: Span<UInt8>, _ place: Place) -> ZMQResult {
        unsafe frame.withUnsafeBufferPointer { bytes in
            ZMQResult.of { unsafe zmq_send(handle, bytes.baseAddress, bytes.count, place.flags) }
        }
    }

    /// Sends a message without waiting, or what fits of it.
    func send(_ frames: [[UInt8]]) {
        for (place, frame) in frames.enumerated() {
            guard case .done = send(frame.span, place == frames.count - 1 ? .last : .middle) else { return }
        }
    }

    /// Receives a frame without waiting.
    @inline(__always)
    func receive(into message: borrowing ZMQMessage) -> ZMQResult {
        ZMQResult.of { unsafe zmq_msg_recv(message.pointer, handle, ZMQ_DONTWAIT) }
    }
}
