import Foundation

/// Where a bound endpoint is reached from other processes, whatever their directory, and from other hosts where it may be.
struct ReachableAddress: CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - endpoint: The endpoint as libzmq tells it, with the port that was picked.
    ///   - directory: Where relative paths begin.
    ///   - host: The address that stands for all of them.
    init(
        of endpoint: String,
        in directory: String = FileManager.default.currentDirectoryPath,
        host: String = Self.hostAddress
    ) {
        if endpoint.hasPrefix("ipc://") {
            description = Self.ipc(String(endpoint.dropFirst(6)), directory)
        } else if let wildcard = Self.wildcards.first(where: { endpoint.hasPrefix($0) }) {
            description = "tcp://\(host):\(endpoint.dropFirst(wildcard.count))"
        } else {
            description = endpoint
        }
    }

    private static let wildcards = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"]

    /// What a Unix-domain address holds, without the zero that ends it.
    private static let maximumPathCount = 107

    private static func ipc(_ path: String, _ directory: String) -> String {
        guard let first = path.first, first != "/", first != "@" else { return "ipc://\(path)" }
        let absolute = "\(directory)/\(path)"
        let isUsable = absolute.utf8.count <= maximumPathCount
        return isUsable
            ? "ipc://\(absolute)" : "ipc://\(path) in \(directory), whose path is too long for other directories"
    }

    /// An address of this host that others reach it by: of its first network, or else the one that only itself can use.
    private static var hostAddress: String {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return loopback }
        defer { unsafe freeifaddrs(first) }
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ifa_next
            guard let address = unsafe entry.ifa_addr else { continue }
            let flags = Int32(truncatingIfNeeded: unsafe entry.ifa_flags)
            let isUsable = flags & Int32(IFF_UP) != 0 && flags & Int32(IFF_LOOPBACK) == 0
            guard isUsable, unsafe Int32(address.pointee.sa_family) == AF_INET else { continue }
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = unsafe getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if code == 0 {
                return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        }
        return loopback
    }

    private static let loopback = "127.0.0.1"
}
