import Foundation

/// A stream socket to where a bus has bound, without ZeroMQ: what is written goes out as it is.
package final class RawConnection: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// How long one write may wait for room.
    private static let patience = timeval(tv_sec: 5, tv_usec: 0)

    private let descriptor: Int32

    /// Connects to `ipc://PATH` or to a port of this host.
    ///
    /// - Parameter endpoint: The address that is bound.
    /// - Throws: ``Failure`` when nobody lets it in.
    package init(to endpoint: String) throws {
        let isLocal = endpoint.hasPrefix("ipc://")
        descriptor = socket(isLocal ? AF_UNIX : AF_INET, Self.stream, 0)
        guard descriptor >= 0 else { throw Self.failure("create a socket") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var patience = Self.patience
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connect = { [descriptor] in unsafe Foundation.connect(descriptor, $0, $1) }
        let port = endpoint.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        let result =
            isLocal
            ? unsafe PathSocket.withAddress(String(endpoint.dropFirst("ipc://".count)), connect)
            : unsafe Loopback.withAddress(port, connect)
        guard result == 0 else {
            let failure = Self.failure("connect to \(endpoint)")
            Foundation.close(descriptor)
            throw failure
        }
    }

    deinit { Foundation.close(descriptor) }

    /// Writes all of it, waiting for room.
    ///
    /// - Returns: Whether the other end took it.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Foundation.send(descriptor, $0.baseAddress, $0.count, Self.noSignal)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What comes next.
    ///
    /// - Parameter limit: How long to wait for it.
    /// - Returns: Some bytes, none when nothing came in time, and `nil` when the other end has closed.
    package func read(within limit: Duration) -> [UInt8]? {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&polled, 1, Int32(limit / .milliseconds(1))) > 0 else { return [] }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe Foundation.recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Reads and forgets, until the other end closes.
    ///
    /// - Returns: Whether it did in time.
    package func awaitEnd(within limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            let left = deadline - .now
            guard left > .zero else { return false }
            if read(within: left + .milliseconds(1)) == nil { return true }
        }
    }

    /// Ends it in both directions, which whoever waits for it notices.
    package func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    #if canImport(Glibc)
    package static let stream = Int32(SOCK_STREAM.rawValue)
    package static let noSignal = Int32(MSG_NOSIGNAL)
    #else
    package static let stream = SOCK_STREAM
    package static let noSignal: Int32 = 0
    #endif

    private static func failure(_ action: String) -> Failure {
        let code = errno
        return Failure(description: "cannot \(action): \(unsafe String(cString: strerror(code)))")
    }
}
