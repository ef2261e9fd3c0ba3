import CZeroMQ
import EventCore

/// The three frames of an envelope on their way to libzmq.
///
/// All of them are made before the first is sent, so that a message is never left without its end, and the payload is
/// copied before the lock of the sockets is taken. It lives on the stack, within ``with(subject:payload:_:)``.
@safe struct OutgoingMessage: ~Copyable {
    private static let frameCount = 3

    private let frames: UnsafeMutablePointer<zmq_msg_t>

    /// Runs `body` with a message that has no header yet; what is left of it goes afterwards.
    ///
    /// - Throws: ``EventError/transport(_:)`` when there is no memory for it.
    static func with<Result>(
        subject: Span<UInt8>,
        payload: Span<UInt8>,
        _ body: (borrowing OutgoingMessage) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: frameCount) {
            memory throws(EventError) in
            guard let frames = memory.baseAddress else { preconditionFailure("no memory on the stack") }
            for place in 0..<frameCount { unsafe zmq_msg_init(frames + place) }
            let message = unsafe OutgoingMessage(frames: frames)
            try message.fill(0, with: subject)
            try message.fill(2, with: payload)
            return try body(message)
        }
    }

    deinit {
        for place in 0..<Self.frameCount { unsafe zmq_msg_close(frames + place) }
    }

    borrowing func setHeader(_ header: Span<UInt8>) throws(EventError) {
        try fill(1, with: header)
    }

    private borrowing func fill(_ place: Int, with bytes: Span<UInt8>) throws(EventError) {
        // An empty frame is what it is already.
        guard !bytes.isEmpty else { return }
        let frame = unsafe frames + place
        do {
            try ZMQResult.check("make a message of \(bytes.count) bytes") {
                unsafe zmq_msg_init_size(frame, bytes.count)
            }
        } catch {
            // What could not be made cannot be closed.
            unsafe zmq_msg_init(frame)
            throw error
        }
        unsafe bytes.withUnsafeBytes { source in
            guard let data = unsafe zmq_msg_data(frame), let base = source.baseAddress else { return }
            unsafe data.copyMemory(from: base, byteCount: source.count)
        }
    }

    /// Hands a frame to a socket; one that was refused is still there.
    borrowing func send(_ place: Int, to socket: borrowing ZMQSocket) -> ZMQResult {
        let flags = place == Self.frameCount - 1 ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
        return ZMQResult.of { unsafe zmq_msg_send(frames + place, socket.handle, flags) }
    }

    /// Runs `body` with the same frames again, which share their memory with these.
    borrowing func withCopy<Result>(_ body: (borrowing OutgoingMessage) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: Self.frameCount) { memory in
            guard let copies = memory.baseAddress else { preconditionFailure("no memory on the stack") }
            for place in 0..<Self.frameCount {
                unsafe zmq_msg_init(copies + place)
                unsafe zmq_msg_copy(copies + place, frames + place)
            }
            return unsafe body(OutgoingMessage(frames: copies))
        }
    }

    static var places: Range<Int> { 0..<frameCount }
}
