import CZeroMQ

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

    /// Runs `body` on the bytes of the frame.
    ///
    /// They lie in memory that libzmq shares between messages: copy what is to be kept.
    @inline(__always)
    func withBytes<Result, Failure>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: zmq_msg_size(pointer))
        return unsafe try body(Span<UInt8>(_unsafeBytes: bytes))
    }

    /// A copy of the bytes of the frame.
    var bytes: [UInt8] {
        withBytes { span in unsafe span.withUnsafeBufferPointer { unsafe Array($0) } }
    }
}
