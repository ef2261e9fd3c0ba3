import CZeroMQ
import EventCore

/// Wakes a thread that polls; may be used from any thread.
final class WakeUp: Sendable {
    /// Readable when somebody called ``wake()``.
    let descriptor: Int32
    private let writer: Int32
    /// Whether the descriptors are open; their numbers may stand for something else afterwards.
    private let isOpen = Lock(true)

    init() throws(EventError) {
        var descriptors: [Int32] = [-1, -1]
        try ZMQResult.check("open a wake-up descriptor") { unsafe czmq_wake_open(&descriptors) }
        (descriptor, writer) = (descriptors[0], descriptors[1])
    }

    deinit { close() }

    /// Lets go of the descriptors; nobody polls any more.
    func close() {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            isOpen = false
            czmq_close(descriptor)
            if writer != descriptor { czmq_close(writer) }
        }
    }

    func wake() {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            // Fails only when as many wakes are pending as fit, and then the thread wakes anyway.
            var one: UInt64 = 1
            _ = ZMQResult.of { unsafe Int32(write(writer, &one, 8)) }
        }
    }

    /// Forgets the wakes so far; for the thread that polls.
    // Needs no lock: whoever polls is also who closes, afterwards, or has ended by then. Only those who wake have to ask
    // whether the number still stands for this descriptor.
    func clear() {
        // An eventfd is read at once, a pipe byte by byte until it is empty.
        var count: UInt64 = 0
        while case .done(8) = ZMQResult.of({ unsafe Int32(read(descriptor, &count, 8)) }), writer != descriptor {}
    }
}
