#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Waits for several descriptors at once, by one system call; poll(2).
@safe struct Poller {
    /// Where something stands that is waited for, until all are removed.
    struct Place: Sendable {
        fileprivate let index: Int
    }

    private var items: [pollfd] = []

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
    }

    /// Adds a descriptor.
    ///
    /// That of a socket tells only of what comes after all that had come was read, see ``ZMQSocket/descriptor``.
    mutating func add(_ descriptor: Int32) -> Place {
        items.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        return Place(index: items.count - 1)
    }

    /// Waits until something can be read, a signal comes, or the time is up.
    ///
    /// - Parameter milliseconds: How long; less than 0 is for ever.
    /// - Returns: 0, or the error number when nothing can be waited for.
    mutating func wait(milliseconds: Int) -> Int32 {
        for index in items.indices { items[index].revents = 0 }
        let result = unsafe poll(&items, nfds_t(items.count), Int32(clamping: milliseconds))
        // A signal ends a wait early, which is no harm.
        guard result < 0, errno != EINTR else { return 0 }
        return errno
    }

    /// Whether there is something to read at a place.
    func isReadable(_ place: Place?) -> Bool {
        guard let place else { return false }
        return items[place.index].revents != 0
    }
}
