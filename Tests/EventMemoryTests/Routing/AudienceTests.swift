import EventCore
import EventMemory
import EventTesting
import Testing

/// What a transport gives to some of those who listen.
@Suite(.timeLimit(.minutes(2))) struct AudienceTests {
    private let observer = RecordingObserver()

    /// A subscription in no group and one in each of two, on one subject.
    private func listeners(
        on bus: MemoryBus
    ) async throws -> (plain: Subscription, one: Subscription, other: Subscription) {
        (
            try await bus.subscribe(to: "a"),
            try await bus.subscribe(to: "a", options: SubscriptionOptions(group: "one")),
            try await bus.subscribe(to: "a", options: SubscriptionOptions(group: "other"))
        )
    }

    private func group(_ name: String, of bus: MemoryBus) throws -> MailboxGroup {
        try #require(bus.groups(for: Envelope(subject: "a")).first { $0.name == name })
    }

    @Test(arguments: [false, true]) func `publishes to individuals and the groups that are named`(isObserved: Bool)
        async throws
    {
        let bus = MemoryBus(observer: isObserved ? observer : nil)
        let listeners = try await listeners(on: bus)
        let one = try group("one", of: bus)
        try await bus.publishNow(Envelope(subject: "a"), to: .individuals())?.wait()
        try await bus.publishNow(Envelope(subject: "a"), to: .individuals(and: [one]))?.wait()
        try await bus.publishNow(Envelope(subject: "a"), to: .everybody)?.wait()
        #expect(listeners.plain.counts.buffered == 3)
        #expect(listeners.one.counts.buffered == 2)
        #expect(listeners.other.counts.buffered == 1)
        await bus.close()
    }

    @Test(arguments: [false, true]) func `delivers to one group and nobody else`(isObserved: Bool) async throws {
        let bus = MemoryBus(observer: isObserved ? observer : nil)
        let listeners = try await listeners(on: bus)
        let one = try group("one", of: bus)
        #expect(bus.deliverCounting(Envelope(subject: "a"), to: .group(one)) == 0)
        #expect(bus.deliverCounting(Envelope(subject: "a"), to: .individuals()) == 0)
        #expect(listeners.plain.counts.buffered == 1)
        #expect(listeners.one.counts.buffered == 1)
        #expect(listeners.other.counts.buffered == 0)
        await bus.close()
    }

    @Test func `what comes for a group whose last member has gone is told and counted`() async throws {
        let bus = MemoryBus(observer: observer)
        let member = try await bus.subscribe(to: "a", options: SubscriptionOptions(group: "one"))
        let one = try group("one", of: bus)
        member.close()
        #expect(bus.groups(for: Envelope(subject: "a")).isEmpty)
        let envelope = Envelope(subject: "a")
        #expect(bus.deliverCounting(envelope, to: .group(one)) == 1)
        #expect(observer.events == [.dropped(envelope, from: member.id, reason: .closed)])
        await bus.close()
    }

    @Test func `a predicate of a member is not called by who may call nobody`() async throws {
        let bus = MemoryBus()
        let options = SubscriptionOptions(group: "one") { _ in true }
        let member = try await bus.subscribe(to: "a", options: options)
        let one = try group("one", of: bus)
        #expect(bus.deliverCallingNobody([Envelope(subject: "a")], to: .group(one)) == nil)
        #expect(member.counts.buffered == 0)
        #expect(bus.deliverCounting(Envelope(subject: "a"), to: .group(one)) == 0)
        #expect(member.counts.buffered == 1)
        await bus.close()
    }
}
