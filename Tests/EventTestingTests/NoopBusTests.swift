import EventCore
import EventTesting
import Testing

@Suite struct NoopBusTests {
    @Test(arguments: BusConformance.cases(for: .discards))
    func keeps(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in BusFixture(publisher: NoopBus(), subscriber: NoopBus()) }
    }

    @Test func `takes what is published, before and after close`() async throws {
        let bus: any Bus = NoopBus()
        try await bus.publish("payload", to: "orders.created")
        await bus.close()
        try await bus.publish("payload", to: "orders.created")
    }

    @Test func `has no link`() {
        #expect(NoopBus().link == nil)
    }

    @Test func `ends a loop over a subscription at once`() async throws {
        let bus = NoopBus()
        let subscription = try await bus.subscribe(to: ">")
        await bus.publish(Envelope(subject: "orders.created"))
        for await envelope in subscription { Issue.record("\(envelope) arrived") }
    }
}
