import Foundation

/// Connects to an address, and says nothing.
final class Strangers {
    private let endpoint: String
    private var descriptors: [Int32] = []

    init(at endpoint: String) {
        self.endpoint = endpoint
    }

    deinit { leave() }

    /// - Returns: How many were let in.
    func connect(_ count: Int) -> Int {
        for _ in 0..<count {
            guard let descriptor = connect() else { continue }
            descriptors.append(descriptor)
        }
        return descriptors.count
    }

    func leave() {
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
    }

    private func connect() -> Int32? {
        let text = endpoint.dropFirst("ipc://".count)
        let descriptor: Int32
        let result: Int32
        if endpoint.hasPrefix("ipc://") {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: text.utf8) }
            result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        } else {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(endpoint.split(separator: ":").last.flatMap { UInt16($0) } ?? 0).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
