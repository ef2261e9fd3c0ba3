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
/// descriptors run out; so it gets one that listens already. A second name of the file, `path.own`, keeps what the first one
/// leads to, for when somebody has removed that.
struct UnixSocketFile: Sendable {
    let path: String
    private let device: UInt64
    private let inode: UInt64
    /// The number of the socket itself, where the system lists those that are bound.
    private let socket: UInt64

    private var ownPath: String { path + ".own" }

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
        // Where there can be no second name, what is removed is bound anew.
        if isLeftOver(file.ownPath) { _ = unsafe unlink(file.ownPath) }
        _ = unsafe link(path, file.ownPath)
        claim.end()
        return file
    }

    /// Has the path lead here again.
    ///
    /// - Parameter endpoint: The endpoint as people know it.
    /// - Returns: Whether it does; otherwise it has to be bound anew.
    /// - Throws: ``EventError/transport(_:)`` when another one has taken it.
    func restore(for endpoint: String) throws(EventError) -> Bool {
        let claim = try Self.claim(path, for: endpoint, notHeldBy: socket)
        if Self.status(of: path) != nil { _ = unsafe unlink(path) }
        let isLinked = unsafe leadsHere(ownPath) && link(ownPath, path) == 0
        claim.end()
        return isLinked
    }

    /// Makes sure that binding a path takes nothing away from anyone.
    ///
    /// Only a socket that refuses connections, and that nobody holds open, is left over from a process that is gone.
    ///
    /// - Returns: The right to bind the path, to be kept until that is done.
    /// - Throws: ``EventError/transport(_:)`` when another socket listens there or is about to, when that cannot be
    ///   found out, or when the file is no socket.
    private static func claim(
        _ path: String,
        for endpoint: String,
        notHeldBy own: UInt64? = nil
    ) throws(EventError) -> UnixSocketClaim {
        let claim = try UnixSocketClaim(path, for: endpoint)
        guard let status = status(of: path) else { return claim }
        guard status.isSocket else { throw refusal(endpoint, "the file is no socket", EEXIST) }
        let code = unsafe cresources_probe(path)
        switch code {
        case ECONNREFUSED where isHeldOpen(path, except: own):
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

    /// Whether a socket file belongs to nobody any more.
    private static func isLeftOver(_ path: String) -> Bool {
        guard status(of: path)?.isSocket == true else { return false }
        return unsafe cresources_probe(path) == ECONNREFUSED && !isHeldOpen(path, except: nil)
    }

    private static func refusal(_ endpoint: String, _ reason: String, _ code: Int32) -> EventError {
        .transport(TransportFailure(operation: "bind \(endpoint)", reason: reason, code: code))
    }

    /// How the system writes the state of a socket that is nobody's connection.
    private static let unconnected = "01"

    /// Whether a process has a socket open that is bound to a path, as far as the system tells: a line for each, with its
    /// state, its number and the path at the end.
    ///
    /// The connections that it has accepted bear its path, too.
    private static func isHeldOpen(_ path: String, except own: UInt64?) -> Bool {
        let descriptor = unsafe open("/proc/net/unix", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Names of others are any bytes.
        guard let table = try? FileBytes.contents(of: descriptor, atMost: .max) else { return false }
        // The path may hold spaces; six fields come before the number and the path.
        return table.split(separator: 0x0A).contains { line in
            let fields = line.split(separator: 0x20, maxSplits: 7)
            guard fields.count == 8, fields[7].elementsEqual(path.utf8) else { return false }
            let (state, socket) = (fields[5], String(decoding: fields[6], as: UTF8.self))
            return state.elementsEqual(Self.unconnected.utf8) && socket != own.map(String.init)
        }
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
            let file = UnixSocketFile(
                path: path,
                device: status.device,
                inode: status.inode,
                socket: self.socket(of: listener)
            )
            return (file, listener)
        } catch {
            close(listener)
            _ = unsafe unlink(path)
            throw error
        }
    }

    /// Whether the path still leads to this socket.
    var isThere: Bool { leadsHere(path) }

    private func leadsHere(_ path: String) -> Bool {
        guard let status = Self.status(of: path) else { return false }
        return (status.device, status.inode) == (device, inode)
    }

    /// Removes the file, unless another one has taken its place, or is about to.
    func remove() {
        guard let claim = try? UnixSocketClaim(path, for: path) else { return }
        if isThere { _ = unsafe unlink(path) }
        if leadsHere(ownPath) { _ = unsafe unlink(ownPath) }
        claim.end()
    }

    private struct Status {
        var isSocket: Bool
        var device: UInt64
        var inode: UInt64
    }

    private static func socket(of descriptor: Int32) -> UInt64 {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
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
