import EventCore
import EventMemory
import EventTesting
import Testing

/// Members that come and go while envelopes wait, and while predicates are asked.
@Suite(.timeLimit(.minutes(1))) struct GroupMembershipTests {
    private let observer = RecordingObserver()
    private let executor = StepExecutor()

    private func options(
        capacity: Int = 1,
        predicate: (@Sendable (Envelope) -> Bool)? = nil
    ) -> SubscriptionOptions {
        SubscriptionOptions(bufferCapacity: capacity, backpressure: .block, group: "workers", predicate: predicate)
    }

    private func envelope(_ number: Int) -> Envelope {
        Envelope(subject: "work", headers: ["n": String(number)])
    }

    /// Publishes, in this order; those that find no room wait.
    private func publish(_ count: Int, on bus: MemoryBus) -> [StepExecutor.Step<Void>] {
        (0..<count).map { number in
            let envelope = envelope(number)
            return executor.start { try await bus.publish(envelope) }
        }
    }

    private func numbers(left subscription: Subscription) async -> [String] {
        var numbers: [String] = []
        while let envelope = await subscription.next(within: .zero) { numbers.append(envelope.headers["n"] ?? "") }
        return numbers
    }

    @Test(arguments: [true, false])
    func `a new member takes no more of what waits than it has room for`(_ isChoosy: Bool) async throws {
        let bus = MemoryBus(observer: observer)
        let first = try await bus.subscribe(to: "work", options: options())
        let publishing = publish(10, on: bus)
        let everything: (@Sendable (Envelope) -> Bool)? = isChoosy ? { @Sendable _ in true } : nil
        let second = try await bus.subscribe(to: "work", options: options(capacity: 2, predicate: everything))
        #expect(first.counts.buffered == 1)
        #expect(second.counts.buffered == 2)
        executor.run()
        #expect(publishing.count { $0.isDone } == 3)
        #expect(await numbers(left: second) == (1..<10).map(String.init))
        executor.run()
        #expect(publishing.allSatisfy { $0.isDone })
        #expect(await numbers(left: first) == ["0"])
        await bus.close()
    }

    @Test func `a new member is asked for what waits, and gets it when the one before goes`() async throws {
        let bus = MemoryBus(observer: observer)
        let first = try await bus.subscribe(to: "work", options: options { _ in true })
        let publishing = publish(4, on: bus)
        let second = try await bus.subscribe(to: "work", options: options { $0.headers["n"] != "2" })
        #expect(await second.next(within: .zero)?.headers["n"] == "1")
        first.close()
        executor.run()
        // What the first had buffered was handed over; nobody is left who takes the third.
        #expect(await numbers(left: second).sorted() == ["0", "3"])
        #expect(observer.droppedCount(reason: .closed) == 1)
        #expect(publishing.allSatisfy { $0.isDone })
        await bus.close()
        #expect(observer.publishedCount == 4)
    }

    @Test func `a new member that wants nothing of what waits leaves it to the others`() async throws {
        let bus = MemoryBus(observer: observer)
        let first = try await bus.subscribe(to: "work", options: options { _ in true })
        let publishing = publish(3, on: bus)
        let second = try await bus.subscribe(to: "work", options: options { _ in false })
        #expect(await numbers(left: first) == ["0", "1", "2"])
        executor.run()
        #expect(publishing.allSatisfy { $0.isDone })
        second.close()
        await bus.close()
        #expect(observer.droppedCount(reason: .closed) == 0)
    }

    @Test func `what a member holds stays where it is when a predicate closes the bus while it is handed over`()
        async throws
    {
        let bus = MemoryBus(observer: observer)
        let closes = Flag()
        let second = try await bus.subscribe(
            to: "work",
            options: options(capacity: 10) { [executor] _ in
                if closes.isSet {
                    let close = executor.start { await bus.close() }
                    #expect(close.isDone)
                }
                return closes.isSet
            }
        )
        let first = try await bus.subscribe(to: "work", options: options(capacity: 10))
        for number in 0..<5 { try await bus.publish(envelope(number)) }
        closes.set()
        first.close()
        #expect(await numbers(left: first) == (0..<5).map(String.init))
        #expect(await numbers(left: second).isEmpty)
        #expect(observer.droppedCount() == 0)
    }

    private final class Flag: Sendable {
        private let state = Lock(false)
        var isSet: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }
}
