import EventCore
import EventMemory
import EventTesting
import Testing

/// What the suite sees of `Bus.link`.
@Suite struct LinkTests {
    /// A bus that wraps another one, and says something of its own about links.
    private struct Wrapper: Bus {
        let base: any Bus
        let answer: @Sendable (any Bus) -> (any BusLink)?

        var link: (any BusLink)? { answer(base) }
        func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }
        func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
            try await base.subscribe(to: pattern, options: options)
        }
        func close() async { await base.close() }
    }

    private let rule: ConformanceCase

    init() throws {
        rule = try #require(BusConformance.cases(for: .discards).first { $0.id == "link.isForwarded" })
    }

    private func check(_ base: any Bus, _ answer: @escaping @Sendable (any Bus) -> (any BusLink)?) async throws {
        try await rule.run { _ in
            let bus = Wrapper(base: base, answer: answer)
            return BusFixture(publisher: bus, subscriber: bus, wrapping: base)
        }
    }

    @Test func `a wrapper that forwards passes`() async throws {
        try await check(StubLinkedBus()) { $0.link }
        try await check(MemoryBus()) { $0.link }
    }

    @Test func `a wrapper that hides the link is found`() async {
        let failure = await #expect(throws: ConformanceFailure.self) { try await check(StubLinkedBus()) { _ in nil } }
        #expect(failure?.expected == "the link of the wrapped bus: a StubLink")
        #expect(failure?.seen == "none")
    }

    @Test func `a wrapper that makes a link up is found`() async {
        let own = StubLink()
        for base in [MemoryBus(), StubLinkedBus()] as [any Bus] {
            await #expect(throws: ConformanceFailure.self) { try await check(base) { _ in own } }
        }
    }

    @Test func `a bus with another link each time is found`() async {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await rule.run { _ in
                let bus = Wrapper(base: MemoryBus()) { _ in StubLink() }
                return BusFixture(publisher: bus, subscriber: bus)
            }
        }
        #expect(failure?.expected == "the link that is asked for again: a StubLink")
    }
}
