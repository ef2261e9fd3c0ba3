import EventTransport
import Synchronization
import Testing

/// Whether a transport can be written with `import EventTransport` alone: this file has no other import of the package.
@Suite(.timeLimit(.minutes(1))) struct OneImportTests {
    @Test func `a bus with a link is chosen by its scheme, and fills, confirms and tells`() async throws {
        let bus = try await TransportRegistry([.uplink]).open("uplink:?peer=far")
        var events = try #require(bus.link).events.makeAsyncIterator()
        #expect(await events.next() == .connected(endpoint: "far"))

        var envelope = Envelope(subject: "orders.created")
        envelope.id = ""
        try await bus.publish(envelope)
        let sent = try #require(bus as? UplinkBus).sent
        #expect(sent.map(\.id.utf8.count) == [20])
        #expect(sent.map(\.origin) == ["far"])
        #expect(bus.link?.statistics.sent == 1)

        let subscription = try await bus.subscribe(to: "orders.>")
        #expect(subscription.confirmation?.confirmed == ["far"])
        #expect(subscription.hasEnded)

        await bus.close()
        #expect(await events.next() == nil)
    }

    @Test func `an option that is missing is refused by its name`() async throws {
        let error = await #expect(throws: EventError.self) { try await TransportRegistry([.uplink]).open("uplink:") }
        #expect(error == .invalidConfiguration("uplink needs a value for 'peer'"))
    }
}

/// Passes everything on to one peer, and delivers nothing here.
private final class UplinkBus: Bus {
    private struct Link: BusLink {
        let peer: String
        let hub = LinkEventHub()
        let count: @Sendable () -> Int

        var events: LinkEvents { LinkEvents(hub) }

        var statistics: LinkStatistics {
            var statistics = LinkStatistics()
            statistics.sent = count()
            return statistics
        }

        func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) -> Bool { count <= 1 }
    }

    private final class Sent: Sendable {
        let envelopes = Mutex<[Envelope]>([])
    }

    private let store = Sent()
    private let uplink: Link

    var sent: [Envelope] { store.envelopes.withLock(\.self) }
    var link: (any BusLink)? { uplink }

    init(peer: String) {
        let store = store
        uplink = Link(peer: peer) { store.envelopes.withLock(\.count) }
        uplink.hub.send(.connected(endpoint: peer))
    }

    func publish(_ envelope: Envelope) async throws {
        let envelope = envelope.filledForPublishing().received(from: uplink.peer)
        store.envelopes.withLock { $0.append(envelope) }
    }

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        Subscription.ended(id: SubscriptionID(rawValue: "none"), pattern: pattern)
            .confirmed(SubscriptionConfirmation(confirmed: [uplink.peer]))
    }

    func close() async { uplink.hub.finish() }
}

extension Transport {
    fileprivate static let uplink = Transport(scheme: "uplink", options: ["peer"]) { parameters, _ in
        try UplinkBus(peer: parameters.require("peer"))
    }
}
