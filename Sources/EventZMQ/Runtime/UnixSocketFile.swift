import CResources
import CZeroMQ
import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The file of an ipc endpoint that this process has bound.
///
/// libzmq would remove whatever is at the path and leave its own file behind, and its listener ends the process when
/// descriptors run out; so it gets one that listens already.
struct UnixSocketFile: Sendable {
    let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 1000

    /// Binds a path.
    ///
    /// - Parameters:
    ///   - path: Where; what a process that is gone left there is removed.
    ///   - mode: The mode of the file, which it has before anyone can connect.
    ///   - endpoint: The endpoint as people know it.
    ///   - takeOver: Takes over the descriptor that listens there, or throws.
    /// - Returns: The file, to be removed when the bus is closed.
    /// - Throws: ``EventError/transport(_:)``.
    static func bind(
        _ path: String,
        _ mode: Int,
        for endpoint: String,
        takeOver: (Int32) throws(EventError) -> Void
    ) throws(EventError) -> UnixSocketFile {
        let claim = try claim(path, for: endpoint)
        let (file, listener) = try listen(at: path, for: endpoint, mode: mode)
        do {
            try takeOver(listener)
        } catch {
            close(listener)
            _ = unsafe unlink(path)
            throw error
        }
        claim.end()
        return file
    }

    /// Makes sure that binding a path takes nothing away from anyone.
    ///
    /// Only a socket that refuses connections, and that nobody holds open, is left over from a process that is gone.
    ///
    /// - Returns: The right to bind the path, to be kept until that is done.
    /// - Throws: ``EventError/transport(_:)`` when another socket listens there or is about to, when that cannot be
    ///   found out, or when the file is no socket.
    private static func claim(_ path: String, for endpoint: String) throws(EventError) -> UnixSocketClaim {
        let claim = try UnixSocketClaim(path, for: endpoint)
        guard let status = status(of: path) else { return claim }
        guard status.isSocket else { throw refusal(endpoint, "the file is no socket", EEXIST) }
        let code = unsafe cresources_probe(path)
        switch code {
        case ECONNREFUSED where isHeldOpen(path):
            throw refusal(endpoint, "a process has bound the path and does not listen yet", EADDRINUSE)
        case ECONNREFUSED, ENOENT:
            return claim
        case 0:
            throw ZMQResult.failure("bind \(endpoint)", EADDRINUSE)
        case EPROTOTYPE:
            throw refusal(endpoint, "a socket of another type is there", EADDRINUSE)
        case EACCES, EPERM:
            throw refusal(endpoint, "the socket there belongs to another user", EADDRINUSE)
        default:
            throw ZMQResult.failure("find out who listens at \(path)", code)
        }
    }

    private static func refusal(_ endpoint: String, _ reason: String, _ code: Int32) -> EventError {
        .transport(TransportFailure(operation: "bind \(endpoint)", reason: reason, code: code))
    }

    /// Whether a process has a socket open that is bound to a path, as far as the system tells.
    private static func isHeldOpen(_ path: String) -> Bool {
        let descriptor = unsafe open("/proc/net/unix", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Names of others are any bytes.
        guard let table = try? FileBytes.contents(of: descriptor, atMost: .max) else { return false }
        return table.split(separator: 0x0A).contains { $0.reversed().starts(with: " \(path)".utf8.reversed()) }
    }

    private static func listen(
        at path: String,
        for endpoint: String,
        mode: Int
    ) throws(EventError) -> (UnixSocketFile, listener: Int32) {
        if status(of: path) != nil { _ = unsafe unlink(path) }
        let listener = try ZMQResult.check("bind \(endpoint)") {
            unsafe cresources_listen(path, UInt32(mode), backlog)
        }
        do throws(EventError) {
            try Resources.guardListener(listener)
            guard let status = status(of: path) else { throw ZMQResult.failure("bind \(endpoint)", ENOENT) }
            return (UnixSocketFile(path: path, device: status.device, inode: status.inode), listener)
        } catch {
            close(listener)
            _ = unsafe unlink(path)
            throw error
        }
    }

    /// Whether the path still leads to this socket.
    var isThere: Bool {
        guard let status = Self.status(of: path) else { return false }
        return (status.device, status.inode) == (device, inode)
    }

    /// Removes the file, unless another one has taken its place, or is about to.
    func remove() {
        guard let claim = try? UnixSocketClaim(path, for: path) else { return }
        if isThere { _ = unsafe unlink(path) }
        claim.end()
    }

    private struct Status {
        var isSocket: Bool
        var device: UInt64
        var inode: UInt64
    }

    private static func status(of path: String) -> Status? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return Status(
            isSocket: status.st_mode & S_IFMT == S_IFSOCK,
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(status.st_ino)
        )
    }
}
