import Foundation

/// TCP sockets of this machine alone.
package enum Loopback {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Listens at a port, or at one that is free with 0.
    package static func listen(on port: UInt16) throws -> Int32 {
        let descriptor = try make()
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        do {
            try check("bind port \(port)") { unsafe withAddress(port) { unsafe bind(descriptor, $0, $1) } }
            try check("listen at port \(port)") { Foundation.listen(descriptor, 64) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    package static func connect(to port: UInt16) throws -> Int32 {
        let descriptor = try make()
        do {
            try check("connect to port \(port)") {
                unsafe withAddress(port) { unsafe Foundation.connect(descriptor, $0, $1) }
            }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The port that a socket is bound to.
    package static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try check("look at a socket") {
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(descriptor, $0, &length)
                }
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Sends bytes to whoever listens at a port, and is gone.
    package static func throwBytes(_ bytes: [UInt8], at port: UInt16) throws {
        let descriptor = try connect(to: port)
        defer { close(descriptor) }
        try check("write") { unsafe Int32(write(descriptor, bytes, bytes.count)) }
    }

    /// Has a socket never wait, and no other program inherit it.
    package static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_INET, RawConnection.stream, 0)
        try check("create a socket") { descriptor }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    static func withAddress(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func check(_ action: String, _ call: () -> Int32) throws {
        guard call() < 0 else { return }
        let code = errno
        throw Failure(description: "cannot \(action): \(unsafe String(cString: strerror(code)))")
    }
}
