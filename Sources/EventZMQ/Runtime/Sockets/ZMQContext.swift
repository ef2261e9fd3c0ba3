import CZeroMQ
import EventCore

/// Owns a libzmq context, whose only I/O thread serves all sockets of a bus.
@safe final class ZMQContext: Sendable {
    // A context is thread safe: zmq(7), "ØMQ contexts are thread safe and may be shared among as many application
    // threads as necessary". The address never changes.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    init() throws(EventError) {
        guard let handle = unsafe zmq_ctx_new() else { throw ZMQResult.failure("create a context", zmq_errno()) }
        unsafe self.handle = unsafe handle
    }

    // zmq_ctx_term(3): it blocks until all sockets are closed
    // and their linger is over. Each socket refers to its context, so none is open here; the last to let go is the
    // service thread.
    deinit {
        _ = ZMQResult.of { unsafe zmq_ctx_term(handle) }
    }
}
