import EventCore
import EventNATS
import NATSSupport
import Testing

/// A server for all tests that do no harm to it, and a cluster.
enum Shared {
    static let server = Task { try await NATSServer() }
    static let cluster = Task { try await NATSCluster() }
}

extension NATSBus {
    /// A bus on one server, in a namespace of its own unless one is given.
    static func on(
        _ server: NATSServer,
        namespace: String? = nil,
        _ change: (inout NATSBusConfiguration) -> Void = { _ in }
    ) async throws -> NATSBus {
        var configuration = NATSBusConfiguration(servers: [server.url])
        configuration.namespace = namespace ?? "t\(Envelope(subject: "x").id)"
        change(&configuration)
        return try await NATSBus(configuration: configuration)
    }

    /// Waits until others want what is published on a subject.
    func hasSubscriber(of subject: Subject, atLeast count: Int = 1) async throws -> Bool {
        try await waitForSubscribers(of: subject, atLeast: count, timeout: .seconds(20))
    }
}

/// A name that no other test uses.
func freshName() -> String { "t\(Envelope(subject: "x").id)" }
