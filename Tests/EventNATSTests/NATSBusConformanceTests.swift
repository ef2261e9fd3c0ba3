import EventCore
import EventNATS
import EventTesting
import NATSSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct NATSBusConformanceTests {
    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func `one bus keeps`(_ rule: ConformanceCase) async throws {
        let server = try await Shared.server.value
        try await rule.run { observer in
            let bus = try await NATSBus.on(server) { $0.observer = observer }
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.unobserved, .groups]))
    func `one bus keeps without an observer`(_ rule: ConformanceCase) async throws {
        let server = try await Shared.server.value
        try await rule.run { _ in
            let bus = try await NATSBus.on(server)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.fireAndForget, .groups]))
    func `two buses on a server keep`(_ rule: ConformanceCase) async throws {
        let server = try await Shared.server.value
        try await rule.run { observer in try await Self.pair(server, server, observer) }
    }

    @Test(arguments: BusConformance.cases(for: [.fireAndForget, .groups]))
    func `two buses that send all in the body keep`(_ rule: ConformanceCase) async throws {
        let server = try await Shared.server.value
        try await rule.run { observer in try await Self.pair(server, server, observer, form: .body) }
    }

    @Test(arguments: BusConformance.cases(for: [.fireAndForget, .groups]))
    func `two buses in a cluster keep`(_ rule: ConformanceCase) async throws {
        let cluster = try await Shared.cluster.value
        try await rule.run { observer in try await Self.pair(cluster[0], cluster[1], observer) }
    }

    /// Two buses, whose subscriptions are in effect when `subscribe` returns: there is nothing to settle.
    private static func pair(
        _ publishing: NATSServer,
        _ subscribing: NATSServer,
        _ observer: (any Observer)?,
        form: NATSForm = .header
    ) async throws -> BusFixture {
        let namespace = freshName()
        func bus(on server: NATSServer) async throws -> NATSBus {
            try await NATSBus.on(server, namespace: namespace) { ($0.observer, $0.form) = (observer, form) }
        }
        let (publisher, subscriber) = (try await bus(on: publishing), try await bus(on: subscribing))
        return BusFixture(publisher: publisher, subscriber: subscriber)
    }
}
