import EventCore
import EventMemory
import EventTesting
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RouterTests {
    private final class Log<Entry: Sendable>: Sendable {
        private let entries = Lock<[Entry]>([])
        func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
        var all: [Entry] { entries.withLock { $0 } }
    }

    /// A bus on which `subscribe` waits until it is let through.
    private final class GatedBus: Bus {
        let base = CountingBus()
        let begun = Log<Void>()
        private let gate = Completion()

        func letThrough() { gate.complete() }

        func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
            begun.add(())
            await gate.wait(atMost: .seconds(20))
            return try await base.subscribe(to: pattern, options: options)
        }

        func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }
        func close() async { await base.close() }
    }

    private let failures = Log<HandlerFailure>()

    private func router(on buses: any Bus...) -> EventRouter {
        EventRouter(buses) { [failures] in failures.add($0) }
    }

    @Test func `one handler listens to patterns on several buses, until all are closed`() async throws {
        let (first, second) = (CountingBus(), CountingBus())
        let seen = Log<Subject>()
        let router = router(on: first, second)
        router.on("orders.>", "users.*.deleted", name: "audit") { seen.add($0.subject) }
        try await router.open()
        #expect(first.count == 2 && second.count == 2)
        for bus in [first, second] {
            try await bus.publish(Envelope(subject: "orders.eu.created"))
            try await bus.publish(Envelope(subject: "users.7.deleted"))
            try await bus.publish(Envelope(subject: "users.7.created"))
        }
        let running = Task { try await router.run() }
        try await eventually { seen.all.count == 4 }
        await first.close()
        try await second.publish(Envelope(subject: "orders.us"))
        await second.close()
        try await running.value
        #expect(
            seen.all.map(\.rawValue).sorted()
                == ["orders.eu.created", "orders.eu.created", "orders.us", "users.7.deleted", "users.7.deleted"]
        )
        #expect(first.count == 0 && second.count == 0)
        #expect(failures.all.isEmpty)
    }

    @Test func `a handler gets decoded values, and what is something else is reported`() async throws {
        let bus = MemoryBus()
        let seen = Log<String>()
        let router = router(on: bus)
        router.on("orders.*.created", of: Order.self, name: "orders") { seen.add("\($0.id) of \($1.subject)") }
        router.on("orders.*.paid", of: Order?.self) { seen.add("\($0?.id ?? 0) of \($1.subject)") }
        try await router.open()
        try await bus.publish(Order(id: 7), to: "orders.eu.created")
        try await bus.publishGarbage(to: "orders.us.created")
        try await bus.publish(nil, to: "orders.eu.created")
        try await bus.publish(nil, to: "orders.eu.paid")
        await bus.close()
        try await router.run()
        #expect(seen.all.sorted() == ["0 of orders.eu.paid", "7 of orders.eu.created"])
        #expect(failures.all.map(\.handler) == ["orders", "orders"])
        #expect(failures.all.map(\.envelope.subject) == ["orders.us.created", "orders.eu.created"])
        for failure in failures.all {
            guard case EventError.payloadDecoding = failure.error else {
                Issue.record("\(failure.error)")
                continue
            }
        }
    }

    @Test func `what one handler throws is reported and ends nothing`() async throws {
        let bus = MemoryBus()
        let seen = Log<Subject>()
        let router = router(on: bus)
        router.on("a.*", name: "broken") { envelope in
            if envelope.subject == "a.1" { throw Fault(name: "x") }
            seen.add(envelope.subject)
        }
        router.on("a.1") { seen.add($0.subject) }
        try await router.open()
        for subject in ["a.1", "a.2", "a.1"] as [Subject] { try await bus.publish(Envelope(subject: subject)) }
        await bus.close()
        try await router.run()
        #expect(seen.all.map(\.rawValue).sorted() == ["a.1", "a.1", "a.2"])
        #expect(failures.all.count == 2)
        let failure = try #require(failures.all.first)
        #expect(failure.handler == "broken")
        #expect(failure.pattern == "a.*")
        #expect(failure.envelope.subject == "a.1")
        #expect(failure.error as? Fault == Fault(name: "x"))
        #expect(failure.description == "broken failed on a.1 (\(failure.envelope.id)): fault x")
    }

    @Test("so many calls of a handler are under way at a time, over all its subscriptions", arguments: [1, 2, 5])
    func concurrency(_ limit: Int) async throws {
        let buses = [MemoryBus(), MemoryBus()]
        let inside = Lock(0)
        let greatest = Lock(0)
        let gate = AsyncStream<Void>.makeStream()
        let router = router(on: buses[0], buses[1])
        router.on("a", ">", concurrency: limit) { _ in
            let count = inside.withLock { count in
                count += 1
                return count
            }
            greatest.withLock { $0 = max($0, count) }
            for await _ in gate.stream { break }
            inside.withLock { $0 -= 1 }
        }
        try await router.open()
        for bus in buses {
            for _ in 0..<5 { try await bus.publish(Envelope(subject: "a")) }
        }
        let running = Task { try await router.run() }
        try await eventually { inside.withLock { $0 } == limit }
        for bus in buses { await bus.close() }
        gate.continuation.finish()
        try await running.value
        #expect(greatest.withLock { $0 } == limit)
    }

    @Test func `with one call at a time the envelopes of a subscription come in order`() async throws {
        let bus = MemoryBus()
        let seen = Log<Int>()
        let router = router(on: bus)
        router.on("a", of: Int.self, options: SubscriptionOptions(bufferCapacity: 200)) { number, _ in
            await Task.yield()
            seen.add(number)
        }
        try await router.open()
        for number in 0..<200 { try await bus.publish(number, to: "a") }
        await bus.close()
        try await router.run()
        #expect(seen.all == Array(0..<200))
    }

    @Test func `buses and handlers are added while it runs`() async throws {
        let (first, second) = (CountingBus(), CountingBus())
        let seen = Log<String>()
        let router = router(on: first)
        router.on("a") { _ in seen.add("early") }
        let running = Task { try await router.run() }
        try await eventually { first.count == 1 }
        router.add(second)
        router.on("a", name: "late") { _ in seen.add("late") }
        try await router.open()
        #expect(first.count == 2 && second.count == 2)
        for bus in [first, second] { try await bus.publish(Envelope(subject: "a")) }
        try await eventually { seen.all.count == 4 }
        router.on("b") { _ in seen.add("unwaited") }
        try await eventually { second.count == 3 }
        try await second.publish(Envelope(subject: "b"))
        try await eventually { seen.all.count == 5 }
        for bus in [first, second] { await bus.close() }
        try await running.value
        #expect(seen.all.sorted() == ["early", "early", "late", "late", "unwaited"])
    }

    @Test func `a bus that has closed is left out of what is added while it runs`() async throws {
        let (open, closed) = (CountingBus(), CountingBus())
        let router = router(on: open, closed)
        router.on("a") { _ in }
        let running = Task { try await router.run() }
        try await eventually { closed.count == 1 }
        await closed.close()
        router.on("b") { _ in }
        try await router.open()
        #expect(open.count == 2)
        #expect(closed.total == 1)
        router.stop()
        try await running.value
        #expect(open.count == 0)
    }

    @Test func `a handler with buses of its own listens to no others, and its subscriptions have its name`()
        async throws
    {
        let observer = RecordingObserver()
        let (own, other) = (CountingBus(observer: observer), CountingBus(observer: observer))
        let router = router(on: other)
        router.on("a", name: "audit", buses: [own]) { _ in }
        router.on("b", name: "audit", buses: [own], options: SubscriptionOptions(name: "own")) { _ in }
        try await router.open()
        #expect(own.count == 2 && other.count == 0)
        #expect(observer.openSubscriptions.map(\.name) == ["audit", "own"])
        router.stop()
    }

    @Test func `cancelling ends the run at once and leaves no subscription`() async throws {
        let bus = CountingBus()
        let router = router(on: bus)
        let started = Log<Void>()
        router.on(">", concurrency: 2) { _ in
            started.add(())
            // Ends when it is cancelled.
            try await Task.sleep(for: .seconds(3600))
        }
        let running = Task { try await router.run() }
        try await eventually { bus.count == 1 }
        for _ in 0..<3 { try await bus.publish(Envelope(subject: "a")) }
        try await eventually { started.all.count == 2 }
        running.cancel()
        try await running.value
        #expect(bus.count == 0)
        #expect(started.all.count == 2)
        #expect(failures.all.isEmpty)
    }

    @Test func `stopping hands out what is buffered first`() async throws {
        let bus = CountingBus()
        let seen = Log<Subject>()
        let router = router(on: bus)
        router.on(">") { seen.add($0.subject) }
        try await router.open()
        for _ in 0..<3 { try await bus.publish(Envelope(subject: "a")) }
        router.stop()
        #expect(bus.count == 0)
        try await bus.publish(Envelope(subject: "late"))
        try await router.run()
        #expect(seen.all == ["a", "a", "a"])
    }

    @Test func `it can be run again, and subscribes anew`() async throws {
        let bus = CountingBus()
        let seen = Log<Subject>()
        let router = router(on: bus)
        router.on("a") { seen.add($0.subject) }
        for round in 1...2 {
            let running = Task { try await router.run() }
            try await eventually { bus.total == round }
            try await bus.publish(Envelope(subject: "a"))
            try await eventually { seen.all.count == round }
            router.stop()
            try await running.value
            #expect(bus.count == 0)
        }
    }

    @Test func `when a bus refuses, what was subscribed elsewhere is gone`() async throws {
        let (open, closed) = (CountingBus(), CountingBus())
        await closed.close()
        let router = router(on: open, closed)
        router.on(">") { _ in }
        await #expect(throws: EventError.busClosed) { try await router.run() }
        #expect(open.total == 1)
        #expect(open.count == 0)
    }

    @Test func `when it cannot be run, what was subscribed before is gone as well`() async throws {
        let (open, closed) = (CountingBus(), CountingBus())
        await closed.close()
        let router = router(on: open)
        router.on("a") { _ in }
        try await router.open()
        #expect(open.count == 1)
        router.add(closed)
        await #expect(throws: EventError.busClosed) { try await router.run() }
        #expect(open.count == 0)
    }

    @Test func `who opens while another does waits for it, and subscribes nothing twice`() {
        let bus = GatedBus()
        let router = router(on: bus)
        router.on("a") { _ in }
        let executor = StepExecutor()
        let openings = (1...2).map { _ in executor.start { try await router.open() } }
        #expect(bus.begun.all.count == 1)
        #expect(openings.map(\.isDone) == [false, false])
        bus.letThrough()
        executor.run()
        #expect(openings.map(\.isDone) == [true, true])
        #expect(bus.base.total == 1)
    }

    @Test func `what is subscribed as the router stops is closed`() {
        let (bus, gated) = (CountingBus(), GatedBus())
        let router = router(on: bus)
        router.on("a") { _ in }
        let executor = StepExecutor()
        let running = executor.start { try await router.run() }
        router.on("a", buses: [gated]) { _ in }
        executor.run()
        #expect(gated.begun.all.count == 1)
        router.stop()
        gated.letThrough()
        executor.run()
        #expect(running.isDone)
        #expect(gated.base.total == 1)
        #expect(gated.base.count == 0)
    }

    @Test func `a router is not run twice at a time, and a handler takes a call`() async {
        await #expect(processExitsWith: .failure) {
            let router = EventRouter(MemoryBus()) { _ in }
            router.on("a") { _ in }
            let executor = StepExecutor()
            for _ in 1...2 { _ = executor.start { try await router.run() } }
        }
        await #expect(processExitsWith: .failure) {
            EventRouter(MemoryBus()) { _ in }.on("a", concurrency: 0) { _ in }
        }
    }

    @Test func `a router without handlers returns`() async throws {
        try await router().run()
        try await router(on: MemoryBus()).run()
    }

    @Test func `a router that is let go leaves no subscription`() async throws {
        let bus = CountingBus()
        do {
            let router = router(on: bus)
            router.on("a") { _ in }
            try await router.open()
            #expect(bus.count == 1)
        }
        #expect(bus.count == 0)
    }
}
