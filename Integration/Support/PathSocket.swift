import Foundation

/// A socket that is bound to a path, and does not listen.
package final class PathSocket: Sendable {
    private struct Failure: Error {}

    private let path: String
    private let descriptor: Int32
    private let inode: UInt64

    /// Binds.
    ///
    /// - Parameters:
    ///   - type: `SOCK_DGRAM` and the like.
    ///   - path: Where.
    /// - Throws: When the system refuses.
    package init(_ type: Int32, at path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, type, 0)
        self.descriptor = descriptor
        let result = unsafe Self.withAddress(path) { unsafe bind(descriptor, $0, $1) }
        guard result == 0, let inode = Self.inode(of: path) else {
            Foundation.close(descriptor)
            throw Failure()
        }
        self.inode = inode
    }

    /// A socket of datagrams.
    package static func datagrams(at path: String) throws -> PathSocket {
        #if canImport(Glibc)
        try PathSocket(Int32(SOCK_DGRAM.rawValue), at: path)
        #else
        try PathSocket(SOCK_DGRAM, at: path)
        #endif
    }

    /// Whether the path still leads to it.
    package var isThere: Bool { Self.inode(of: path) == inode }

    /// Closes it, and removes its file unless that is to stay as a process leaves it that dies.
    package func close(leavingFile: Bool = false) {
        Foundation.close(descriptor)
        if !leavingFile { try? FileManager.default.removeItem(atPath: path) }
    }

    static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func inode(of path: String) -> UInt64? {
        try? FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
    }
}
