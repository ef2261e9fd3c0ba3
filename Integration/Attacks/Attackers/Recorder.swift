import Foundation
import IntegrationSupport
import Synchronization

/// Listens in the place of a bus, passes everything on, and remembers who came and what the first one said.
final class Recorder: Sendable {
    struct Failure: Error {}

    let address: String
    private let target: String
    private let listener: Int32
    private let record = Mutex((connections: 0, said: [UInt8]()))

    /// Begins to listen.
    ///
    /// - Parameter target: The TCP endpoint to pass everything on to.
    /// - Throws: When the system lets it have no port.
    init(before target: String) throws {
        self.target = target
        listener = try Self.listen()
        address = "tcp://127.0.0.1:\(try Self.port(of: listener))"
        Thread.detachNewThread { [self] in accept() }
    }

    /// Lets nobody in any more.
    func end() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// How many have come.
    var connections: Int { record.withLock { $0.connections } }

    /// What the first one has said.
    var said: [UInt8] { record.withLock { $0.said } }

    private func accept() {
        while true {
            let near = Foundation.accept(listener, nil, nil)
            guard near >= 0 else { break }
            let number = record.withLock { record in
                record.connections += 1
                return record.connections
            }
            guard let far = try? RawConnection(to: target) else {
                close(near)
                continue
            }
            Thread.detachNewThread { [self] in pass(from: near, to: far, remembering: number == 1) }
            Thread.detachNewThread { Self.pass(from: far, to: near) }
        }
        close(listener)
    }

    private func pass(from near: Int32, to far: RawConnection, remembering: Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(near, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let bytes = Array(buffer.prefix(count))
            if remembering { record.withLock { $0.said += bytes } }
            guard far.write(bytes) else { break }
        }
        far.shutDown()
        close(near)
    }

    private static func pass(from far: RawConnection, to near: Int32) {
        while let bytes = far.read(within: .seconds(3600)) {
            guard unsafe send(near, bytes, bytes.count, RawConnection.noSignal) == bytes.count else { break }
        }
        shutdown(near, Int32(SHUT_RDWR))
    }

    private static func listen() throws -> Int32 {
        let descriptor = socket(AF_INET, RawConnection.stream, 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, Foundation.listen(descriptor, 64) == 0 else { throw Failure() }
        return descriptor
    }

    private static func port(of descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw Failure() }
        return UInt16(bigEndian: address.sin_port)
    }
}
