import EventCore
import EventMemory
import EventTesting
import Testing

@Suite struct RecordingBusTests {
    private struct Order: Codable, Hashable {
        var number: Int
    }

    private struct Refusal: Error, Hashable {}

    private let bus = RecordingBus()

    @Test(arguments: BusConformance.cases(for: .inProcess))
    func `keeps the rules of the bus it wraps`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let memory = MemoryBus(observer: observer)
            let bus = RecordingBus(wrapping: memory)
            return BusFixture(publisher: bus, subscriber: bus, wrapping: memory)
        }
    }

    @Test(arguments: BusConformance.cases(for: .unobserved))
    func `keeps the rules of a linked bus that nobody observes`(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in
            let linked = StubLinkedBus()
            let bus = RecordingBus(wrapping: linked)
            return BusFixture(publisher: bus, subscriber: bus, wrapping: linked)
        }
    }

    @Test func `forwards the link of the bus it wraps`() {
        let linked = StubLinkedBus()
        #expect(RecordingBus(wrapping: linked).link as? StubLink === linked.stub)
        #expect(bus.link == nil)
    }

    @Test func `keeps what is published, in order`() async throws {
        for number in 1...3 { try await bus.publish(Order(number: number), to: "orders.created") }
        try await bus.publish(Order(number: 4), to: "orders.cancelled")
        #expect(
            bus.published.map(\.subject) == ["orders.created", "orders.created", "orders.created", "orders.cancelled"]
        )
        #expect(bus.published(on: "*.cancelled").map(\.subject) == ["orders.cancelled"])
        #expect(try bus.payloads(of: Order.self, on: "orders.created").map(\.number) == [1, 2, 3])
        #expect(try bus.payloads(of: Order.self).map(\.number) == [1, 2, 3, 4])
        #expect(bus.failed.isEmpty)
    }

    @Test func `leaves envelopes without a payload out of the payloads`() async throws {
        try await bus.publish(Envelope(subject: "orders.created"))
        #expect(try bus.payloads(of: Order.self, on: ">").isEmpty)
    }

    @Test func `throws for a payload of another type`() async throws {
        try await bus.publish("text", to: "orders.created")
        #expect(throws: EventError.self) { try bus.payloads(of: Order.self, on: ">") }
    }

    @Test func `keeps the envelope as the subscriptions see it`() async throws {
        let subscription = try await bus.subscribe(to: ">")
        var envelope = Envelope(subject: "orders.created")
        envelope.id = ""
        try await bus.publish(envelope)
        let received = await subscription.next(within: .seconds(5))
        #expect(bus.published == [received])
        #expect(bus.published.first?.id.isEmpty == false)
    }

    @Test func `finds what has been published`() async throws {
        try await bus.publish("first", to: "orders.created")
        try await bus.publish("second", to: "orders.created")
        let envelope = try await bus.expect(within: .zero) { $0.subject == "orders.created" }
        #expect(envelope == bus.published.first)
    }

    @Test func `waits for what will be published`() async throws {
        async let expected = bus.expect { $0.source == "billing" }
        try await bus.publish("other", to: "orders.created")
        try await bus.publish("expected", to: "orders.paid", source: "billing")
        #expect(try await expected.subject == "orders.paid")
    }

    @Test func `says what was published when the time is up`() async throws {
        try await bus.publish("text", to: "orders.created")
        let timeout = await #expect(throws: ExpectationTimeout.self) {
            try await bus.expect(within: .milliseconds(1)) { $0.subject == "orders.paid" }
        }
        #expect(timeout?.seen == bus.published.map { "orders.created (\($0.id))" })
    }

    @Test func `fails as often as told, before the envelope reaches the bus`() async throws {
        let subscription = try await bus.subscribe(to: ">")
        bus.failNextPublishes(2, with: Refusal())
        for source in ["a", "b"] {
            let envelope = Envelope(subject: "orders.created", source: source)
            await #expect(throws: Refusal()) { try await bus.publish(envelope) }
        }
        try await bus.publish(Envelope(subject: "orders.created", source: "c"))
        #expect(bus.failed.map(\.source) == ["a", "b"])
        #expect(bus.published.map(\.source) == ["c"])
        #expect(await subscription.next(within: .seconds(5))?.source == "c")
    }

    @Test func `keeps a publish the wrapped bus refuses among the failed`() async throws {
        await bus.close()
        await #expect(throws: EventError.busClosed) { try await bus.publish("late", to: "orders.created") }
        #expect(bus.published.isEmpty)
        #expect(bus.failed.map(\.subject) == ["orders.created"])
    }

    @Test func `fails to subscribe as often as told`() async throws {
        bus.failNextSubscribes(1, with: EventError.busClosed)
        await #expect(throws: EventError.busClosed) { try await bus.subscribe(to: ">") }
        #expect(try await bus.subscribe(to: ">").pattern == ">")
    }

    @Test func `stops failing when told`() async throws {
        bus.failNextPublishes(.max, with: Refusal())
        bus.failNextSubscribes(.max, with: Refusal())
        bus.stopFailing()
        try await bus.publish("text", to: "orders.created")
        #expect(try await bus.subscribe(to: ">").pattern == ">")
    }

    @Test func `forgets at a reset and leaves subscriptions alone`() async throws {
        let subscription = try await bus.subscribe(to: ">")
        bus.failNextPublishes(.max, with: Refusal())
        try? await bus.publish("failed", to: "orders.created")
        bus.reset()
        #expect(bus.failed.isEmpty)
        try await bus.publish("text", to: "orders.paid")
        #expect(bus.published.map(\.subject) == ["orders.paid"])
        #expect(await subscription.next(within: .seconds(5))?.subject == "orders.paid")
    }
}
