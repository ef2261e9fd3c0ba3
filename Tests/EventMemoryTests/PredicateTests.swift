import Dispatch
import EventCore
import EventTesting
import Testing

@testable import EventMemory

/// Predicates that close things while a publish is under way.
@Suite(.timeLimit(.minutes(1))) struct PredicateTests {
    private let observer = RecordingObserver()

    /// Options with a predicate that closes the bus, and sees it closed, before it answers.
    private func closing(_ bus: MemoryBus, andAnswering answer: Bool) -> SubscriptionOptions {
        SubscriptionOptions { _ in
            let executor = StepExecutor()
            let close = executor.start { await bus.close() }
            #expect(close.isDone)
            return answer
        }
    }

    @Test(
        "a bus that a predicate closes accounts for every match, with each order of asking",
        arguments: [true, false]
    )
    func closes(_ answer: Bool) async throws {
        // Patterns are asked in an order of the bus's own, so the one that closes is put in each place.
        for place in 0..<3 {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer, patience: .seconds(0))
            var subscriptions: [Subscription] = []
            for (number, pattern) in (["a", "*", ">"] as [EventCore.Pattern]).enumerated() {
                let options = number == place ? closing(bus, andAnswering: answer) : SubscriptionOptions { _ in true }
                subscriptions.append(try await bus.subscribe(to: pattern, options: options))
            }
            subscriptions.append(try await bus.subscribe(to: "*"))
            subscriptions.append(try await bus.subscribe(to: "a", options: SubscriptionOptions { _ in false }))
            try await bus.publish(Envelope(subject: "a"))
            #expect(observer.publishedCount == 1)
            let matches = answer ? 4 : 3
            #expect(observer.deliveredCount + observer.droppedCount(reason: .closed) == matches)
            #expect(observer.events.count == matches + 1)
            await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
            #expect(observer.events.count == matches + 1)
            withExtendedLifetime(subscriptions) {}
        }
    }

    @Test("a publish ends alike whether anyone observes or not", arguments: [true, false])
    func alike(_ isObserved: Bool) async throws {
        let bus = MemoryBus(observer: isObserved ? observer : nil, patience: .seconds(0))
        let subscription = try await bus.subscribe(to: "a", options: closing(bus, andAnswering: true))
        try await bus.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .zero) == nil)
        await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
    }

    @Test(
        "one that has to wait learns that the bus is closed, whether anyone observes or not",
        arguments: [true, false]
    )
    func waits(_ isObserved: Bool) async throws {
        let bus = MemoryBus(observer: isObserved ? observer : nil, patience: .seconds(0))
        let armed = Lock(false)
        let block = SubscriptionOptions(bufferCapacity: 1, backpressure: .block) { _ in true }
        let full = try await bus.subscribe(to: "a", options: block)
        let other = try await bus.subscribe(
            to: ">",
            options: SubscriptionOptions { _ in
                if armed.withLock({ $0 }) {
                    let executor = StepExecutor()
                    #expect(executor.start { await bus.close() }.isDone)
                }
                return true
            }
        )
        try await bus.publish(Envelope(subject: "a"))
        armed.withLock { $0 = true }
        // Full when it was offered, or ended by then: it depends on who is asked first.
        do {
            try await bus.publish(Envelope(subject: "a"))
        } catch {
            #expect(error as? EventError == .busClosed)
        }
        if isObserved {
            #expect(observer.publishedCount == 2)
            #expect(observer.deliveredCount + observer.droppedCount(reason: .closed) == 4)
            #expect(observer.events.count == 6)
        }
        withExtendedLifetime((full, other)) {}
    }

    @Test func `closing waits for a predicate that is asked, and then for the rest of its publish`() async throws {
        let bus = MemoryBus(observer: observer, patience: .never)
        let (asking, closing) = (StepExecutor(), StepExecutor())
        let closed = Lock<StepExecutor.Step<Void>?>(nil)
        let subscription = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions { _ in
                let close = closing.start { await bus.close() }
                #expect(!close.isDone)
                closed.withLock { $0 = close }
                return true
            }
        )
        let publish = asking.start { try await bus.publish(Envelope(subject: "a")) }
        #expect(publish.isDone && publish.error == nil)
        #expect(observer.droppedCount(reason: .closed) == 1)
        closing.run()
        #expect(closed.withLock { $0?.isDone } == true)
        withExtendedLifetime(subscription) {}
    }

    @Test func `a predicate may close the bus and wait for it`() async throws {
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions { _ in
                let executor = StepExecutor()
                let close = executor.start { await bus.close() }
                executor.runWaiting { close.isDone }
                #expect(close.isDone)
                return true
            }
        )
        try await bus.publish(Envelope(subject: "a"))
        #expect(observer.droppedCount(reason: .closed) == 1)
        withExtendedLifetime(subscription) {}
    }

    @Test func `what comes off a wire is accounted for when a predicate closes the bus`() async throws {
        let bus = MemoryBus(observer: observer, patience: .seconds(0))
        let subscriptions = [
            try await bus.subscribe(to: "*", options: closing(bus, andAnswering: true)),
            try await bus.subscribe(to: "a", options: SubscriptionOptions { _ in true }),
            try await bus.subscribe(to: ">", options: SubscriptionOptions { _ in true }),
        ]
        bus.deliver(Envelope(subject: "a"))
        #expect(observer.deliveredCount + observer.droppedCount(reason: .closed) == 3)
        #expect(observer.events.count == 3)
        withExtendedLifetime(subscriptions) {}
    }

    @Test func `a subscription that the predicate of another one closes is asked, and accounted for if it matched`()
        async throws
    {
        for accepts in [true, false] {
            for place in 0..<2 {
                let observer = RecordingObserver()
                let bus = MemoryBus(observer: observer)
                let toClose = Lock<Subscription?>(nil)
                let patterns: [EventCore.Pattern] = ["a", ">"]
                let closing = try await bus.subscribe(
                    to: patterns[place],
                    options: SubscriptionOptions { _ in
                        toClose.withLock(\.self)?.close()
                        return true
                    }
                )
                let closed = try await bus.subscribe(
                    to: patterns[1 - place],
                    options: SubscriptionOptions { _ in accepts }
                )
                toClose.withLock { $0 = closed }
                try await bus.publish(Envelope(subject: "a"))
                #expect(observer.deliveredCount + observer.droppedCount(reason: .closed) == (accepts ? 2 : 1))
                withExtendedLifetime(closing) {}
                toClose.withLock { $0 = nil }
            }
        }
    }

    /// Closes subscriptions as soon as something is announced.
    private final class Closer: Observer {
        let subscriptions = Lock<[Subscription]>([])

        func onPublish(_ envelope: Envelope) {
            for subscription in subscriptions.withLock({ $0 }) { subscription.close() }
        }
    }

    @Test func `nothing is told of a subscription that ends before it is asked, for nobody knows what it wants`()
        async throws
    {
        let closer = Closer()
        let bus = MemoryBus(observer: CombinedObserver(closer, observer))
        let picky = try await bus.subscribe(to: "a", options: SubscriptionOptions { _ in false })
        let plain = try await bus.subscribe(to: "a")
        closer.subscriptions.withLock { $0 = [picky, plain] }
        try await bus.publish(Envelope(subject: "a"))
        #expect(observer.droppedCount(reason: .closed) == 1)
        #expect(observer.events.compactMap(\.subscription) == [plain.id])
    }

    @Test func `a full subscription that a predicate closes before its publisher waits tells of the drop`()
        async throws
    {
        // Whichever is asked first.
        for patterns in [["a", ">"], [">", "a"]] as [[EventCore.Pattern]] {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer)
            let block = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
            let full = try await bus.subscribe(to: patterns[0], options: block)
            try await bus.publish(Envelope(subject: "a"))
            let closing = try await bus.subscribe(
                to: patterns[1],
                options: SubscriptionOptions { _ in
                    full.close()
                    return false
                }
            )
            try await bus.publish(Envelope(subject: "a"))
            #expect(observer.deliveredCount == 1)
            #expect(observer.droppedCount(reason: .closed) == 1)
            withExtendedLifetime(closing) {}
        }
    }

    @Test func `what comes off a wire is kept when a predicate has made room for it`() async throws {
        // Whichever is asked first.
        for patterns in [["a", ">"], [">", "a"]] as [[EventCore.Pattern]] {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer)
            let block = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
            let full = try await bus.subscribe(to: patterns[0], options: block)
            try await bus.publish(Envelope(subject: "a"))
            let reading = try await bus.subscribe(
                to: patterns[1],
                options: SubscriptionOptions { _ in
                    let executor = StepExecutor()
                    #expect(executor.start { await full.next(within: .zero) }.isDone)
                    return true
                }
            )
            bus.deliver(Envelope(subject: "a"))
            #expect(bus.droppedCount == 0)
            #expect(observer.droppedCount() == 0)
            #expect(full.counts.buffered == 1)
            withExtendedLifetime(reading) {}
        }
    }
}
