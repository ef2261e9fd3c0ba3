import CZeroMQ
import Foundation

/// A proxy of libzmq, which passes on what it gets and says of nothing whose it is.
@safe final class PlainProxy: @unchecked Sendable {
    // `@unchecked Sendable`: the sockets belong to the thread; the context may be shut down on any.
    private let context: UnsafeMutableRawPointer?
    private let front: UnsafeMutableRawPointer?
    private let back: UnsafeMutableRawPointer?
    private let isDone = DispatchSemaphore(value: 0)
    private let file: String

    /// Starts a proxy to a publisher, at an ipc endpoint of its own.
    init(to publisher: String, at address: String) {
        file = String(address.dropFirst(6))
        unsafe context = unsafe zmq_ctx_new()
        unsafe front = unsafe zmq_socket(context, ZMQ_XSUB)
        unsafe back = unsafe zmq_socket(context, ZMQ_XPUB)
        unsafe Self.unlimit(front)
        unsafe Self.unlimit(back)
        unsafe zmq_connect(front, publisher)
        unsafe zmq_bind(back, address)
        Thread { [self] in
            // Returns when the context is shut down.
            unsafe zmq_proxy(front, back, nil)
            unsafe zmq_close(front)
            unsafe zmq_close(back)
            isDone.signal()
        }.start()
    }

    private static func unlimit(_ socket: UnsafeMutableRawPointer?) {
        for option in [ZMQ_LINGER, ZMQ_SNDHWM, ZMQ_RCVHWM] {
            var none: Int32 = 0
            unsafe zmq_setsockopt(socket, option, &none, 4)
        }
    }

    func end() {
        unsafe zmq_ctx_shutdown(context)
        isDone.wait()
        unsafe zmq_ctx_term(context)
        try? FileManager.default.removeItem(atPath: file)
    }
}
