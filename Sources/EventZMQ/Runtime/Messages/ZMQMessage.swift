import CZeroMQ
import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Owns one frame's memory, which is used again for each frame received into it.
@safe struct ZMQMessage: ~Copyable {
    // On the heap, because libzmq wants a message to stay where it was initialised.
    let pointer: UnsafeMutablePointer<zmq_msg_t>

    init() {
        unsafe pointer = .allocate(capacity: 1)
        unsafe zmq_msg_init(pointer)
    }

    deinit {
        unsafe zmq_msg_close(pointer)
        unsafe pointer.deallocate()
    }

    /// Whether more frames of the same message follow.
    var hasMore: Bool { unsafe zmq_msg_more(pointer) != 0 }

    /// The descriptor of the connection that the frame came over, or -1 when it is not known.
    var connection: Int32 { unsafe zmq_msg_get(pointer, ZMQ_SRCFD) }

    /// Runs `body` on the value of a property that the handshake of the frame's connection told, or on `nil`.
    func withProperty<Result>(_ name: String, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        unsafe body(zmq_msg_gets(pointer, name))
    }

    /// Runs `body` on the bytes of the frame.
    ///
    /// They lie in memory that libzmq shares between messages: copy what is to be kept.
    @inline(__always)
    func withBytes<Result, Failure>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
        return unsafe try body(Span<UInt8>(_unsafeBytes: bytes))
    }

    /// Frames as long as this are kept in libzmq's memory: copying them costs more than the object that holds it.
    ///
    /// Shorter ones may lie in memory of 8 KB that libzmq shares between messages, all of which would be kept.
    private static let leastKeptCount = OutgoingMessage.leastSharedCount

    /// The bytes of the frame, copied or, when there are many, taken out of it; then it is empty.
    func takeData() -> Data {
        let count = unsafe zmq_msg_size(pointer)
        guard count >= Self.leastKeptCount else { return withBytes { Data($0) } }
        let kept = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
        unsafe zmq_msg_init(kept)
        unsafe zmq_msg_move(kept, pointer)
        guard let bytes = unsafe zmq_msg_data(kept) else { preconditionFailure("a message has no data") }
        return unsafe Data(
            bytesNoCopy: bytes,
            count: count,
            deallocator: .custom { _, _ in
                // zmq_msg_close(3) frees or counts down what the message holds, which needs neither socket nor context.
                unsafe zmq_msg_close(kept)
                unsafe kept.deallocate()
            }
        )
    }

    /// A copy of the bytes of the frame.
    var bytes: [UInt8] {
        withBytes { span in unsafe span.withUnsafeBufferPointer { unsafe Array($0) } }
    }
}
