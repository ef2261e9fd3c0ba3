import CZeroMQ
import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The right to replace or remove the socket file at a path, which one process has at a time.
///
/// Between finding that nobody listens at a path and binding it, another could do the same, and the later of them would
/// take the path away from the earlier. The right is the lock of a file beside it, which holds the number of the process;
/// it is held for a moment only, and the file goes with it.
struct UnixSocketClaim: ~Copyable {
    private let lockPath: String
    private let descriptor: Int32

    /// Claims a path, without waiting for whoever has claimed it.
    ///
    /// - Throws: ``EventError/transport(_:)`` when another one has, for it is about to bind the path.
    init(_ path: String, for endpoint: String) throws(EventError) {
        lockPath = path + ".lock"
        while true {
            let lockPath = lockPath
            let descriptor = try ZMQResult.check("bind \(endpoint)") {
                unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            }
            switch ZMQResult.of({ flock(descriptor, LOCK_EX | LOCK_NB) }) {
            case .done:
                // The one who had it before may have removed the file after it was opened here.
                if Self.isFile(of: descriptor, at: lockPath) {
                    self.descriptor = descriptor
                    let owner = Array("\(getpid())\n".utf8)
                    _ = unsafe write(descriptor, owner, owner.count)
                    return
                }
                close(descriptor)
            case .wouldBlock:
                defer { close(descriptor) }
                throw Self.refusal(endpoint, claimedBy: try? FileBytes.contents(of: descriptor, atMost: 32))
            case .failed(let code):
                close(descriptor)
                throw ZMQResult.failure("lock \(lockPath)", code)
            }
        }
    }

    /// Gives the right back; it must not end before what it is for, as it might after its last use.
    consuming func end() {}

    deinit {
        _ = unsafe unlink(lockPath)
        close(descriptor)
    }

    private static func refusal(_ endpoint: String, claimedBy bytes: [UInt8]?) -> EventError {
        let number = bytes.flatMap { Int(String(decoding: $0, as: UTF8.self).prefix { $0.isNumber }) }
        let reason = "\(number.map { "process \($0)" } ?? "another process") is about to bind it"
        return .transport(TransportFailure(operation: "bind \(endpoint)", reason: reason, code: EADDRINUSE))
    }

    private static func isFile(of descriptor: Int32, at path: String) -> Bool {
        var opened = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &opened) == 0, unsafe lstat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }
}
