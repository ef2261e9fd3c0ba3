import EventZMQ
import Foundation

/// Certificates for one run: a publisher's and a subscriber's, in a folder that goes with this.
final class KeyFolder: Sendable {
    /// Where they are, as the children get to know.
    let path = NSTemporaryDirectory() + "event-bench-\(UUID().uuidString)"

    /// Makes them.
    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        for name in ["publisher", "subscriber"] { try ZMQKeyPair.generate().write("\(path)/\(name)") }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Lets in the subscriber alone; `nil` without a folder.
    static func publisher(_ path: String?) throws -> ZMQSecurity? {
        guard let path else { return nil }
        let subscriber = try ZMQPublicKey(certificate: "\(path)/subscriber.key")
        return ZMQSecurity(
            keyPair: try ZMQKeyPair(certificate: "\(path)/publisher.key_secret"),
            peers: [subscriber: ZMQPermissions(name: "subscriber")],
            serverKeys: [:]
        )
    }

    /// Expects the publisher alone; `nil` without a folder.
    static func subscriber(_ path: String?, of endpoints: [ZMQEndpoint]) throws -> ZMQSecurity? {
        guard let path else { return nil }
        let publisher = try ZMQPublicKey(certificate: "\(path)/publisher.key")
        return ZMQSecurity(
            keyPair: try ZMQKeyPair(certificate: "\(path)/subscriber.key_secret"),
            peers: [:],
            serverKeys: Dictionary(endpoints.map { ($0, publisher) }) { first, _ in first }
        )
    }
}
