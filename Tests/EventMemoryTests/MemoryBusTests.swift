import EventCore
import EventTesting
import Foundation
import Testing

@testable import EventMemory

/// What is true of `MemoryBus` alone; the contract is tested by the conformance suite.
@Suite(.timeLimit(.minutes(1))) struct MemoryBusTests {
    @Test("routes the same with any cache", arguments: [-1, 0, 1, 2, 1024])
    func caches(_ capacity: Int) async throws {
        let bus = MemoryBus(routeCacheCapacity: capacity)
        let exact = try await bus.subscribe(to: "a.b")
        let all = try await bus.subscribe(to: ">")
        for _ in 0..<3 {
            try await bus.publish(Envelope(subject: "a.b"))
            try await bus.publish(Envelope(subject: "a.c"))
        }
        let late = try await bus.subscribe(to: "a.*")
        try await bus.publish(Envelope(subject: "a.b"))
        exact.close()
        try await bus.publish(Envelope(subject: "a.b"))
        await bus.close()
        #expect(await exact.subjects() == ["a.b", "a.b", "a.b", "a.b"])
        #expect(await all.subjects() == ["a.b", "a.c", "a.b", "a.c", "a.b", "a.c", "a.b", "a.b"])
        #expect(await late.subjects() == ["a.b", "a.b"])
    }

    @Test func `has no link`() {
        #expect(MemoryBus().link == nil)
    }

    @Test func `delivering from a wire never waits, counts what it drops and tells of no publish`() async throws {
        let observer = RecordingObserver()
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        )
        bus.deliver(Envelope(subject: "a"))
        bus.deliver(Envelope(subject: "a"))
        #expect(bus.droppedCount == 1)
        #expect(observer.publishedCount == 0)
        #expect(observer.deliveredCount == 1)
        #expect(observer.droppedCount(reason: .bufferFull) == 1)
        await bus.close()
        bus.deliver(Envelope(subject: "a"))
        #expect(await subscription.subjects() == ["a"])
        #expect(observer.deliveredCount == 1)
    }

    @Test func `delivering fills what is not set`() async throws {
        let bus = MemoryBus()
        let subscription = try await bus.subscribe(to: "a")
        var envelope = Envelope(subject: "a")
        envelope.id = ""
        envelope.time = .distantPast
        bus.deliver(envelope)
        let received = try #require(await subscription.next(within: .seconds(5)))
        #expect(received.id.count == 20)
        #expect(received.time > .distantPast)
    }

    @Test func `the termination handler runs once, whichever way the subscription ends`() async throws {
        let ends = Lock(0)
        let bus = MemoryBus()
        func subscribe() throws -> Subscription {
            try bus.subscribe(to: "a", options: SubscriptionOptions()) { ends.withLock { $0 += 1 } }
        }
        let closed = try subscribe()
        closed.close()
        closed.close()
        #expect(ends.withLock { $0 } == 1)
        _ = try subscribe()
        #expect(ends.withLock { $0 } == 2)
        let cancelled = try subscribe()
        await Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            for await _ in cancelled {}
        }.value
        #expect(ends.withLock { $0 } == 3)
        let last = try subscribe()
        await bus.close()
        #expect(ends.withLock { $0 } == 4)
        #expect(await last.subjects() == [])
    }

    @Test func `when the termination handler runs the subscription is gone from the bus`() async throws {
        let observer = RecordingObserver()
        let bus = MemoryBus(observer: observer)
        let subscription = try bus.subscribe(to: "a", options: SubscriptionOptions()) {
            bus.deliver(Envelope(subject: "a"))
        }
        bus.deliver(Envelope(subject: "a"))
        subscription.close()
        #expect(observer.events.count == 1)
        #expect(observer.droppedCount() == 0)
    }

    @Test func `the termination handler is let go when the subscription ends`() async throws {
        final class Witness: Sendable {}
        let bus = MemoryBus()
        weak var released: Witness?
        let subscription: Subscription
        do {
            let witness = Witness()
            released = witness
            subscription = try bus.subscribe(to: "a", options: SubscriptionOptions()) {
                withExtendedLifetime(witness) {}
            }
        }
        #expect(released != nil)
        subscription.close()
        #expect(released == nil)
    }

    @Test("drops are counted whoever looks on, and whatever is remembered or asked", arguments: [false, true], [0, 8])
    func dropsCounted(_ isObserved: Bool, _ cacheCapacity: Int) async throws {
        for predicate in [nil, { @Sendable _ in true }] as [(@Sendable (Envelope) -> Bool)?] {
            for policy in [BackpressurePolicy.dropNewest, .dropOldest] {
                let observer = isObserved ? RecordingObserver() : nil
                let bus = MemoryBus(observer: observer, routeCacheCapacity: cacheCapacity)
                let options = SubscriptionOptions(bufferCapacity: 1, backpressure: policy, predicate: predicate)
                let first = try await bus.subscribe(to: "a", options: options)
                for _ in 0..<2 { try await bus.publish(Envelope(subject: "a")) }
                #expect(bus.droppedCount == 1)
                let second = try await bus.subscribe(to: ">", options: options)
                for _ in 0..<2 { try await bus.publish(Envelope(subject: "a")) }
                #expect(bus.droppedCount == 4)
                #expect([first, second].map(\.counts.dropped) == [3, 1])
            }
        }
    }

    @Test("delivering says how many were full, whoever looks on, and whatever is asked", arguments: [false, true])
    func deliveredCounting(_ isObserved: Bool) async throws {
        for predicate in [nil, { @Sendable _ in true }] as [(@Sendable (Envelope) -> Bool)?] {
            let bus = MemoryBus(observer: isObserved ? RecordingObserver() : nil)
            var subscriptions: [Subscription] = []
            for (number, policy) in BackpressurePolicy.allCases.enumerated() {
                let options = SubscriptionOptions(bufferCapacity: 1, backpressure: policy, predicate: predicate)
                subscriptions.append(try await bus.subscribe(to: "a", options: options))
                #expect(bus.deliverCounting(Envelope(subject: "a")) == number)
                #expect(bus.deliverCounting(Envelope(subject: "a")) == number + 1)
            }
            #expect(bus.droppedCount == 9)
            await bus.close()
            #expect(bus.deliverCounting(Envelope(subject: "a")) == 0)
            #expect(bus.droppedCount == 9)
        }
    }

    @Test("delivering calls nobody where somebody would have to be called", arguments: [false, true], [false, true])
    func deliveredCallingNobody(_ isObserved: Bool, _ hasPredicate: Bool) async throws {
        let bus = MemoryBus(observer: isObserved ? RecordingObserver() : nil)
        var options = SubscriptionOptions(bufferCapacity: 1)
        if hasPredicate { options.predicate = { _ in true } }
        let subscription = try await bus.subscribe(to: "a", options: options)
        let isForbidden = isObserved || hasPredicate
        for number in 0..<2 {
            let answer = bus.deliverCallingNobody([Envelope(subject: "a")])
            #expect(answer?.full == (isForbidden ? nil : number))
        }
        #expect(subscription.counts.buffered == (isForbidden ? 0 : 1))
    }

    @Test("what is not set is filled whoever looks on, and whatever is remembered", arguments: [false, true], [0, 8])
    func filled(_ isObserved: Bool, _ cacheCapacity: Int) async throws {
        let bus = MemoryBus(observer: isObserved ? RecordingObserver() : nil, routeCacheCapacity: cacheCapacity)
        let subscription = try await bus.subscribe(to: "a")
        for _ in 0..<2 {
            for (id, time) in [("", Date.distantPast), ("x", .distantPast), ("", Date(timeIntervalSince1970: 1))] {
                var envelope = Envelope(subject: "a")
                (envelope.id, envelope.time) = (id, time)
                try await bus.publish(envelope)
                let received = try #require(await subscription.next(within: .zero))
                #expect(id.isEmpty ? received.id.count == 20 : received.id == id)
                #expect(time == .distantPast ? received.time > .distantPast : received.time == time)
            }
        }
    }

    @Test func `a bus that is let go ends its subscriptions`() async throws {
        var bus: MemoryBus? = MemoryBus()
        let subscription = try await #require(bus).subscribe(to: "a")
        try await bus?.publish(Envelope(subject: "a"))
        bus = nil
        #expect(await subscription.subjects() == ["a"])
    }

    @Test func `publishers on other tasks never wait for a predicate`() async throws {
        let bus = MemoryBus()
        let all = try await bus.subscribe(to: ">")
        let inner = Lock<[Subscription]>([])
        let nested = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions { _ in
                if let subscription = try? bus.subscribe(to: "b", options: SubscriptionOptions(), onTermination: {}) {
                    inner.withLock { $0.append(subscription) }
                }
                return true
            }
        )
        try await bus.publish(Envelope(subject: "a"))
        try await bus.publish(Envelope(subject: "b"))
        #expect(await nested.next(within: .seconds(5)) != nil)
        let subscription = try #require(inner.withLock { $0.first })
        #expect(await subscription.next(within: .seconds(5))?.subject == "b")
        all.close()
    }

    // From so many on, mailboxes that are offered an envelope soon are fetched ahead.
    @Test("each of very many subscriptions gets each envelope once", arguments: [1000, 1001, 1008, 1009, 3000])
    func veryMany(_ count: Int) async throws {
        let bus = MemoryBus()
        var subscriptions: [Subscription] = []
        // Some are under a pattern of their own, and so in another part of the route.
        for index in 0..<count { subscriptions.append(try await bus.subscribe(to: index % 50 == 7 ? "a.b" : "a.>")) }
        for id in ["1", "2"] { try await bus.publish(Envelope(subject: "a.b", source: id)) }
        for subscription in subscriptions {
            #expect(subscription.counts.buffered == 2)
            #expect(await subscription.next(within: .zero)?.source == "1")
            #expect(await subscription.next(within: .zero)?.source == "2")
        }
    }
}

extension Subscription {
    /// The subjects of what is left; the bus or the subscription must be closed.
    fileprivate func subjects() async -> [String] {
        var subjects: [String] = []
        for await envelope in self { subjects.append(envelope.subject.rawValue) }
        return subjects
    }
}
