import EventCore
import EventLifecycle
import EventMemory
import EventTesting
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct LifecycleTests {
    private struct Fault: Error, Equatable {}

    private final class Log: Sendable {
        private let entries = Lock<[Subject]>([])
        func add(_ subject: Subject) { entries.withLock { $0.append(subject) } }
        var all: [Subject] { entries.withLock { $0 } }
    }

    /// A gate that stays open once it is opened.
    private struct Gate {
        private let channel = AsyncStream<Void>.makeStream()
        func open() { channel.continuation.finish() }
        func pass() async { for await _ in channel.stream {} }
    }

    @Test func `a bus is closed on graceful shutdown`() async throws {
        let bus = MemoryBus()
        await testGracefulShutdown { trigger in
            await withTaskGroup { group in
                group.addTask { await BusService(bus).run() }
                trigger.triggerGracefulShutdown()
            }
        }
        await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
    }

    @Test func `a bus is closed on cancellation`() async throws {
        let bus = MemoryBus()
        let running = Task { await BusService(bus).run() }
        running.cancel()
        await running.value
        await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
    }

    @Test func `a subscriber stops its intake and drains on graceful shutdown`() async throws {
        let bus = AwaitedBus()
        let (seen, gate) = (Log(), Gate())
        let service = SubscriberService(bus: bus, pattern: "a.*") { envelope in
            await gate.pass()
            seen.add(envelope.subject)
        }
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await service.run() }
                await bus.subscribed()
                for subject in ["a.1", "a.2", "a.3"] as [Subject] { try await bus.publish(Envelope(subject: subject)) }
                trigger.triggerGracefulShutdown()
                try await bus.publish(Envelope(subject: "a.late"))
                gate.open()
                try await group.waitForAll()
            }
        }
        #expect(seen.all == ["a.1", "a.2", "a.3"])
        #expect(service.description == "SubscriberService(a.*)")
    }

    @Test func `what a handler throws ends the service, unless failures are reported`() async throws {
        let bus = AwaitedBus()
        let failing = SubscriberService(bus: bus, pattern: "a") { _ in throw Fault() }
        let running = Task { try await failing.run() }
        await bus.subscribed()
        try await bus.publish(Envelope(subject: "a"))
        await #expect(throws: Fault.self) { try await running.value }

        let failed = Log()
        let reporting = SubscriberService(bus: bus, pattern: "a", onFailure: { failed.add($1.subject) }) { _ in
            throw Fault()
        }
        let second = Task { try await reporting.run() }
        await bus.subscribed()
        for _ in 0..<2 { try await bus.publish(Envelope(subject: "a")) }
        await bus.close()
        try await second.value
        #expect(failed.all == ["a", "a"])
    }

    @Test func `a router drains on graceful shutdown`() async throws {
        let bus = AwaitedBus()
        let seen = Log()
        let router = EventRouter(bus) { _ in Issue.record("nothing fails here") }
        router.on("a") { seen.add($0.subject) }
        let service = RouterService(router)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup { group in
                group.addTask { try await service.run() }
                await bus.subscribed()
                try await bus.publish(Envelope(subject: "a"))
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(seen.all == ["a"])
    }

    @Test func `a group drains its subscribers while the bus is open, and closes it then`() async throws {
        let bus = AwaitedBus()
        let (seen, gate) = (Log(), Gate())
        let subscriber = SubscriberService(bus: bus, pattern: "orders") { envelope in
            await gate.pass()
            // Last words: fails when the bus is closed before its subscribers are done.
            try await bus.publish(Envelope(subject: "receipts"))
            seen.add(envelope.subject)
        }
        let receipts = try await bus.base.subscribe(to: "receipts")
        let group = ServiceGroup(services: [BusService(bus), subscriber], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        await bus.subscribed()
        for _ in 0..<2 { try await bus.publish(Envelope(subject: "orders")) }
        await group.triggerGracefulShutdown()
        gate.open()
        try await running.value
        #expect(seen.all == ["orders", "orders"])
        var count = 0
        for await _ in receipts { count += 1 }
        #expect(count == 2)
    }
}

/// A bus that can be waited for until somebody has subscribed.
private final class AwaitedBus: Bus {
    let base = MemoryBus()
    private let channel = AsyncStream<Void>.makeStream()

    /// Waits for the next subscription that nobody has waited for.
    func subscribed() async {
        for await _ in channel.stream { return }
    }

    func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }

    func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
        defer { channel.continuation.yield() }
        return try await base.subscribe(to: pattern, options: options)
    }

    func close() async { await base.close() }
}
