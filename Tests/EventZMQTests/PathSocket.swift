import Foundation

/// A socket that is bound to a path, and does not listen.
final class PathSocket {
    private struct Failure: Error {}

    private let path: String
    private let descriptor: Int32
    private let inode: UInt64

    init(_ type: Int32, at path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, type, 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, let inode = Self.inode(of: path) else { throw Failure() }
        self.inode = inode
    }

    /// Whether the path still leads to it.
    var isThere: Bool { Self.inode(of: path) == inode }

    func close() {
        Foundation.close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func inode(of path: String) -> UInt64? {
        try? FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
    }
}
