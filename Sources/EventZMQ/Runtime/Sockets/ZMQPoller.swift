import CZeroMQ
import EventCore

/// Waits for several sockets and descriptors at once.
@safe struct ZMQPoller {
    /// Where something stands that is waited for, until all are removed.
    struct Place: Sendable {
        fileprivate let index: Int
    }

    private var items: [zmq_pollitem_t] = unsafe []

    mutating func removeAll() {
        unsafe items.removeAll(keepingCapacity: true)
    }

    /// Adds a socket, which the thread that waits must own.
    mutating func add(_ socket: borrowing ZMQSocket) -> Place {
        unsafe add(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }

    mutating func add(descriptor: Int32) -> Place {
        unsafe add(zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    }

    private mutating func add(_ item: zmq_pollitem_t) -> Place {
        unsafe items.append(item)
        return Place(index: unsafe items.count - 1)
    }

    /// Waits until something can be read, a signal comes, or the time is up.
    ///
    /// - Parameter milliseconds: How long; less than 0 is for ever.
    /// - Returns: 0, or the error number when nothing can be waited for.
    mutating func wait(milliseconds: Int) -> Int32 {
        for index in unsafe items.indices { unsafe items[index].revents = 0 }
        let count = unsafe Int32(items.count)
        let result = unsafe items.withUnsafeMutableBufferPointer { items in
            unsafe zmq_poll(items.baseAddress, count, milliseconds)
        }
        // A signal ends a wait early, which is no harm.
        guard result < 0, zmq_errno() != EINTR else { return 0 }
        return zmq_errno()
    }

    /// Whether there is something to read at a place.
    func isReadable(_ place: Place?) -> Bool {
        guard let place else { return false }
        return unsafe items[place.index].revents != 0
    }
}
