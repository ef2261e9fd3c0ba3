import CoreMetrics
import EventCore
import EventMemory
import EventTesting
import EventTransport
import MetricsTestKit
import Testing

@testable import EventMetrics

@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    private let backend = TestMetrics()

    private func bus(maximumPatterns: Int = 10) -> MeteredBus {
        let metrics = MetricsObserver(prefix: "shop", maximumPatterns: maximumPatterns, factory: backend)
        return MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
    }

    private func total(_ name: String, _ pattern: String, _ reason: DropReason? = nil) -> Int64 {
        let reasons = reason.map { [("reason", $0.rawValue)] } ?? []
        return backend.counterTotal(label: "shop_\(name)", dimensions: [("pattern", pattern)] + reasons)
    }

    private func buffered(_ pattern: String) throws -> Double {
        try backend.expectMeter("shop_buffered", [("pattern", pattern)]).lastValue ?? 0
    }

    private func publish(_ count: Int, on subject: Subject, of bus: some Bus) async throws {
        for _ in 0..<count { try await bus.publish(Envelope(subject: subject)) }
    }

    @Test func `publishes, deliveries and drops are counted by pattern and reason`() async throws {
        let bus = bus()
        let narrow = try await bus.subscribe(to: "a.*", options: SubscriptionOptions(bufferCapacity: 2))
        let wide = try await bus.subscribe(to: ">")
        try await publish(5, on: "a.b", of: bus)
        try await publish(1, on: "c", of: bus)
        #expect(backend.counterTotal(label: "shop_published") == 6)
        #expect(total("delivered", "a.*") == 2)
        #expect(total("dropped", "a.*", .bufferFull) == 3)
        #expect(total("dropped", "a.*", .closed) == 0)
        #expect(total("delivered", ">") == 6)
        #expect(total("dropped", ">") == 0)
        #expect((bus.base as? MemoryBus)?.droppedCount == 3)
        narrow.close()
        wide.close()
    }

    @Test func `a publisher that gives up counts as cancelled`() async throws {
        let bus = bus()
        let full = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        )
        try await publish(1, on: "a", of: bus)
        let waiting = Task { try await bus.publish(Envelope(subject: "a")) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(total("dropped", "a", .cancelled) == 1)
        full.close()
    }

    @Test("buffers are followed", arguments: BackpressurePolicy.allCases)
    func buffers(_ policy: BackpressurePolicy) async throws {
        let bus = bus()
        let options = SubscriptionOptions(bufferCapacity: 3, backpressure: policy)
        let first = try await bus.subscribe(to: "a", options: options)
        let second = try await bus.subscribe(to: "a", options: options)
        try await publish(policy == .block ? 3 : 8, on: "a", of: bus)
        #expect(try buffered("a") == 6)
        #expect(await first.next(within: .zero) != nil)
        #expect(try buffered("a") == 5)
        first.close()
        for await _ in first {}
        #expect(try buffered("a") == 3)
        #expect(await second.next(within: .zero) != nil)
        #expect(try buffered("a") == 2)
    }

    @Test func `what a subscription held counts no more once it is let go`() async throws {
        let bus = bus()
        do {
            let subscription = try await bus.subscribe(to: "a")
            try await publish(4, on: "a", of: bus)
            #expect(try buffered("a") == 4)
            withExtendedLifetime(subscription) {}
        }
        #expect(try buffered("a") == 0)
        try await publish(1, on: "a", of: bus)
        #expect(total("delivered", "a") == 4)
    }

    @Test func `a reader that is cancelled while it waits with a limit leaves nothing in the buffers`() async throws {
        let bus = bus()
        let subscription = try await bus.subscribe(to: "a")
        try await publish(4, on: "a", of: bus)
        await Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            _ = await subscription.next(within: .seconds(600))
        }.value
        #expect(subscription.hasEnded)
        #expect(try buffered("a") == 0)
    }

    @Test func `one that only ran out of time has ended nothing`() async throws {
        let bus = bus()
        let subscription = try await bus.subscribe(to: "a")
        #expect(await subscription.next(within: .milliseconds(1)) == nil)
        #expect(!subscription.hasEnded)
        try await publish(4, on: "a", of: bus)
        #expect(try buffered("a") == 4)
        withExtendedLifetime(subscription) {}
    }

    /// A metered bus whose observer is told nothing, so that a test can tell it late.
    private func silent() -> (bus: MeteredBus, metrics: MetricsObserver) {
        let metrics = MetricsObserver(prefix: "shop", factory: backend)
        return (MeteredBus(MemoryBus(), metrics: metrics), metrics)
    }

    /// What the meter has shown.
    private func shown(_ pattern: String) throws -> [Double] {
        try backend.expectMeter("shop_buffered", [("pattern", pattern)]).values
    }

    @Test func `a reader that is faster than the report of a delivery takes the buffers to no less than nothing`()
        async throws
    {
        let (bus, metrics) = silent()
        let subscription = try await bus.subscribe(to: "a")
        try await publish(1, on: "a", of: bus)
        let envelope = try #require(await subscription.next(within: .zero))
        metrics.onDeliver(envelope, to: subscription.id)
        metrics.onDeliver(envelope, to: subscription.id)
        #expect(try shown("a") == [1])
        #expect(total("delivered", "a") == 2)
    }

    @Test func `an eviction that is told before the delivery takes the buffers to no less than nothing`() async throws {
        let (bus, metrics) = silent()
        let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .dropOldest)
        let subscription = try await bus.subscribe(to: "a", options: options)
        let envelope = Envelope(subject: "a")
        metrics.onDrop(envelope, from: subscription.id, reason: .bufferFull)
        metrics.onDeliver(envelope, to: subscription.id)
        metrics.onDeliver(envelope, to: subscription.id)
        #expect(try shown("a") == [1])
    }

    @Test func `what was read to its end counts as empty though its last delivery is told late`() async throws {
        let (bus, metrics) = silent()
        let subscription = try await bus.subscribe(to: "a")
        try await publish(1, on: "a", of: bus)
        subscription.close()
        for await _ in subscription {}
        metrics.onDeliver(Envelope(subject: "a"), to: subscription.id)
        #expect(try buffered("a") == 0)
        #expect(total("delivered", "a") == 1)
    }

    @Test func `a gauge that several threads change shows no less than nothing, and what there is at last`()
        async throws
    {
        let meter = try backend.expectMeter(Meter(label: "gauge", factory: backend))
        let gauge = BufferGauge(Meter(label: "gauge", factory: backend))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<2000 {
                        gauge.add(number % 2 == 0 ? 1 : -1)
                        gauge.add(number % 2 == 0 ? -1 : 1)
                    }
                }
            }
        }
        gauge.add(3)
        #expect(meter.values.allSatisfy { $0 >= 0 })
        #expect(meter.lastValue == 3)
    }

    @Test func `a cancelled reader leaves nothing in the buffers`() async throws {
        let bus = bus()
        let subscription = try await bus.subscribe(to: "a")
        try await publish(4, on: "a", of: bus)
        let reader = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            for await _ in subscription {}
        }
        await reader.value
        #expect(try buffered("a") == 0)
    }

    @Test func `patterns beyond the limit share one label`() async throws {
        let bus = bus(maximumPatterns: 2)
        var subscriptions: [Subscription] = []
        for pattern in ["a", "b", "c", "d", "a"] as [EventCore.Pattern] {
            subscriptions.append(try await bus.subscribe(to: pattern))
        }
        for subject in ["a", "b", "c", "d"] as [Subject] { try await publish(1, on: subject, of: bus) }
        #expect(total("delivered", "a") == 2)
        #expect(total("delivered", "b") == 1)
        #expect(total("delivered", MetricsObserver.otherPatterns) == 2)
        let labels = Set(backend.counters(label: "shop_delivered").flatMap(\.dimensions).map(\.1))
        #expect(
            labels
                == ["a", "b", MetricsObserver.otherPatterns, MetricsObserver.replyPatterns]
        )
    }

    @Test func `requests use up no labels`() async throws {
        let bus = bus(maximumPatterns: 2)
        let requests = try await bus.subscribe(to: "double")
        let responder = Task { await bus.respond(to: requests) { try $0.decode(Int.self).map { $0 * 2 } } }
        for number in 0..<20 {
            #expect(try await bus.request(number, to: "double", as: Int.self, within: .seconds(20)) == number * 2)
        }
        let late = try await bus.subscribe(to: "late")
        try await publish(1, on: "late", of: bus)
        #expect(total("delivered", "late") == 1)
        #expect(total("delivered", MetricsObserver.replyPatterns) == 20)
        late.close()
        responder.cancel()
        await responder.value
    }

    @Test func `patterns with ids can share a label`() async throws {
        let metrics = MetricsObserver(
            prefix: "shop",
            maximumPatterns: 1,
            label: { _ in "graph.run.*.>" },
            factory: backend
        )
        let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
        let runs = [try await bus.subscribe(to: "graph.run.r1.>"), try await bus.subscribe(to: "graph.run.r2.>")]
        try await publish(1, on: "graph.run.r1.start", of: bus)
        try await publish(1, on: "graph.run.r2.start", of: bus)
        #expect(total("delivered", "graph.run.*.>") == 2)
        withExtendedLifetime(runs) {}
    }

    @Test func `any bus can be metered, such as one that was chosen at start-up`() async throws {
        let metrics = MetricsObserver(prefix: "shop", factory: backend)
        let bus = MeteredBus(
            try await TransportRegistry([.memory]).open("memory:", observer: metrics),
            metrics: metrics
        )
        let subscription = try await bus.subscribe(to: "a")
        try await publish(1, on: "a", of: bus)
        #expect(total("delivered", "a") == 1)
        subscription.close()
    }

    @Test func `subscriptions made elsewhere count as well, without buffers`() async throws {
        let bus = bus()
        let subscription = try await bus.base.subscribe(to: "a")
        try await publish(2, on: "a", of: bus)
        #expect(total("delivered", "a") == 2)
        #expect(try buffered("a") == 0)
        subscription.close()
    }

    @Test(
        "two metered buses are told apart, whether they share the observer or only the factory",
        arguments: [true, false]
    )
    func twoBuses(sharingObserver: Bool) async throws {
        let observers = [bus(), bus()].map { $0.metrics }
        let left = MeteredBus(MemoryBus(observer: observers[0]), metrics: observers[0])
        let second = observers[sharingObserver ? 0 : 1]
        let right = MeteredBus(MemoryBus(observer: second), metrics: second)
        let (toLeft, toRight) = (try await left.subscribe(to: "left"), try await right.subscribe(to: "right"))
        try await publish(4, on: "left", of: left)
        try await publish(4, on: "right", of: right)
        #expect(total("delivered", "left") == 4)
        #expect(total("delivered", "right") == 4)
        #expect(try buffered("left") == 4)
        #expect(await toLeft.next(within: .zero) != nil)
        #expect(try buffered("left") == 3)
        #expect(try buffered("right") == 4)
        withExtendedLifetime(toRight) {}
    }

    @Test func `a subscription with a name counts under it, in the place of its pattern`() async throws {
        let bus = bus()
        let options = SubscriptionOptions(bufferCapacity: 1, name: "audit\n")
        let named = [
            try await bus.subscribe(to: "a", options: options), try await bus.subscribe(to: ">", options: options),
        ]
        try await publish(2, on: "a", of: bus)
        #expect(total("delivered", "audit\\n") == 2)
        #expect(total("dropped", "audit\\n", .bufferFull) == 2)
        #expect(try buffered("audit\\n") == 2)
        #expect(total("delivered", "a") == 0)
        withExtendedLifetime(named) {}
    }

    @Test func `what arrives before subscribe has returned is part of the buffers`() async throws {
        let metrics = MetricsObserver(prefix: "shop", factory: backend)
        let bus = MeteredBus(EarlyBus(MemoryBus(observer: metrics)), metrics: metrics)
        let subscription = try await bus.subscribe(to: "a")
        #expect(total("delivered", "a") == 2)
        #expect(try buffered("a") == 2)
        #expect(await subscription.next(within: .zero) != nil)
        #expect(try buffered("a") == 1)
        subscription.close()
    }

    @Test func `what a bus reports of subscriptions that it has not told of counts among the others`() {
        let metrics = MetricsObserver(prefix: "shop", factory: backend)
        metrics.onDeliver(Envelope(subject: "a"), to: SubscriptionID(rawValue: "unheard of"))
        metrics.onDrop(Envelope(subject: "a"), from: SubscriptionID(rawValue: "unheard of"), reason: .closed)
        #expect(total("delivered", MetricsObserver.otherPatterns) == 1)
        #expect(total("dropped", MetricsObserver.otherPatterns, .closed) == 1)
    }

    @Test func `a report that comes after a subscription is gone counts under its pattern, and not as buffered`()
        async throws
    {
        let metrics = MetricsObserver(prefix: "shop", factory: backend)
        let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
        let id = try await bus.subscribe(to: "a").id
        metrics.onDeliver(Envelope(subject: "a"), to: id)
        #expect(total("delivered", "a") == 1)
        #expect(total("delivered", MetricsObserver.otherPatterns) == 0)
        #expect(try buffered("a") == 0)
    }

    @Test func `one metered bus inside another: both see what readers take`() async throws {
        let outer = MetricsObserver(prefix: "outer", factory: backend)
        let inner = MetricsObserver(prefix: "shop", factory: backend)
        let bus = MeteredBus(
            MeteredBus(MemoryBus(observer: CombinedObserver(outer, inner)), metrics: inner),
            metrics: outer
        )
        let subscription = try await bus.subscribe(to: "a")
        try await publish(3, on: "a", of: bus)
        #expect(await subscription.next(within: .zero) != nil)
        #expect(try buffered("a") == 2)
        #expect(try backend.expectMeter("outer_buffered", [("pattern", "a")]).lastValue == 2)
    }

    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func `a metered bus keeps`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let metrics = MetricsObserver(factory: TestMetrics())
            let linked = StubLinkedBus(observer: CombinedObserver(observer, metrics))
            let bus = MeteredBus(linked, metrics: metrics)
            return BusFixture(publisher: bus, subscriber: bus, wrapping: linked)
        }
    }

    @Test func `nothing is lost while subscriptions come and go under load`() async throws {
        let bus = bus()
        let publishing = Task {
            for _ in 0..<500 {
                try await bus.publish(Envelope(subject: "a"))
                await Task.yield()
            }
        }
        let readers = (0..<2).map { _ in
            Task {
                var taken = 0
                for _ in 0..<50 {
                    let subscription = try await bus.subscribe(to: "a")
                    while await subscription.next(within: .zero) != nil { taken += 1 }
                    subscription.close()
                    for await _ in subscription { taken += 1 }
                    await Task.yield()
                }
                return taken
            }
        }
        try await publishing.value
        var taken = 0
        for reader in readers { taken += try await reader.value }
        #expect(total("delivered", "a") == Int64(taken))
        #expect(total("delivered", MetricsObserver.otherPatterns) == 0)
        #expect(try buffered("a") == 0)
    }
}

/// A bus on which two envelopes arrive before `subscribe` has returned.
private struct EarlyBus: Bus {
    let base: MemoryBus

    init(_ base: MemoryBus) {
        self.base = base
    }

    func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }

    func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
        let subscription = try await base.subscribe(to: pattern, options: options)
        for _ in 0..<2 { try await base.publish(Envelope(subject: "a")) }
        return subscription
    }

    func close() async { await base.close() }
}
