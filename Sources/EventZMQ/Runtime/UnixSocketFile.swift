import CZeroMQ
import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The file of an ipc endpoint that this process has bound; libzmq leaves it behind.
struct UnixSocketFile: Sendable {
    private let path: String
    private let device: UInt64
    private let inode: UInt64

    /// Makes sure that binding a path takes nothing away from anyone, for libzmq removes whatever is there first.
    ///
    /// - Returns: The right to bind the path, to be kept until that is done.
    /// - Throws: ``EventError/transport(_:)`` when another socket listens there or is about to, or the file is no
    ///   socket.
    static func claim(_ path: String, for endpoint: String) throws(EventError) -> UnixSocketClaim {
        let claim = try UnixSocketClaim(path, for: endpoint)
        guard let status = status(of: path) else { return claim }
        guard status.isSocket else {
            throw .transport(
                TransportFailure(operation: "bind \(endpoint)", reason: "the file is no socket", code: EEXIST)
            )
        }
        guard unsafe czmq_unix_probe(path) == 0 else { return claim }
        throw ZMQResult.failure("bind \(endpoint)", EADDRINUSE)
    }

    /// Takes note of the file of an endpoint that was just bound; `nil` when there is none.
    init?(boundAt path: String) {
        guard let status = Self.status(of: path), status.isSocket else { return nil }
        (self.path, device, inode) = (path, status.device, status.inode)
    }

    /// Removes the file, unless another one has taken its place, or is about to.
    func remove() {
        guard let claim = try? UnixSocketClaim(path, for: path) else { return }
        if let status = Self.status(of: path), (status.device, status.inode) == (device, inode) {
            _ = unsafe unlink(path)
        }
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
