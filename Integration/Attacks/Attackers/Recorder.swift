import Foundation
import IntegrationSupport
import Synchronization

/// Listens in the place of a bus, passes everything on, and remembers who came and what the first one said.
final class Recorder: Sendable {
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
        listener = try Loopback.listen(on: 0)
        address = "tcp://127.0.0.1:\(try Loopback.port(of: listener))"
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
}
