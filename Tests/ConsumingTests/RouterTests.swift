import EventCore
import EventMemory
import EventTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct RouterTests {
    private final class Log<Entry: Sendable>: Sendable {
        private let entries = Lock<[Entry]>([])
        func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
        var all: [Entry] { entries.withLock { $0 } }
    }

    @Test func `one handler listens to patterns on several buses, until all are closed`() async throws {
        let (first, second) = (CountingBus(), CountingBus())
        let seen = Log<Subject>()
        var router = Router { _ in Issue.record("nothing fails here") }
        router.attach("audit", to: ["orders.>", "users.*.deleted"], on: [first, second]) { seen.add($0.subject) }
        let session = try await router.open()
        #expect(first.count == 2 && second.count == 2)
        for bus in [first, second] {
            try await bus.publish(Envelope(subject: "orders.eu.created"))
            try await bus.publish(Envelope(subject: "users.7.deleted"))
            try await bus.publish(Envelope(subject: "users.7.created"))
        }
        let running = Task { await session.run() }
        try await eventually { seen.all.count == 4 }
        await first.close()
        try await second.publish(Envelope(subject: "orders.us"))
        await second.close()
        await running.value
        #expect(
            seen.all.map(\.rawValue).sorted()
                == ["orders.eu.created", "orders.eu.created", "orders.us", "users.7.deleted", "users.7.deleted"]
        )
        #expect(first.count == 0 && second.count == 0)
    }

    @Test func `what one handler throws is reported and ends nothing`() async throws {
        let bus = MemoryBus()
        let failures = Log<HandlerFailure>()
        let seen = Log<Subject>()
        var router = Router { failures.add($0) }
        router.attach("broken", to: ["a.*"], on: [bus]) { envelope in
            if envelope.subject == "a.1" { throw Fault(name: "x") }
            seen.add(envelope.subject)
        }
        router.attach("sound", to: ["a.1"], on: [bus]) { seen.add($0.subject) }
        let session = try await router.open()
        for subject in ["a.1", "a.2", "a.1"] as [Subject] { try await bus.publish(Envelope(subject: subject)) }
        await bus.close()
        await session.run()
        #expect(seen.all.map(\.rawValue).sorted() == ["a.1", "a.1", "a.2"])
        #expect(failures.all.count == 2)
        let failure = try #require(failures.all.first)
        #expect(failure.handler == "broken")
        #expect(failure.pattern == "a.*")
        #expect(failure.envelope.subject == "a.1")
        #expect(failure.error as? Fault == Fault(name: "x"))
        #expect(failure.description == "broken failed on a.1 (\(failure.envelope.id)): fault x")
    }

    @Test func `cancelling ends the run at once and leaves no subscription`() async throws {
        let bus = CountingBus()
        var router = Router { _ in Issue.record("a handler that is cancelled has not failed") }
        let started = Log<Void>()
        router.attach("slow", to: [">"], on: [bus]) { _ in
            started.add(())
            try await Task.sleep(for: .seconds(3600))
        }
        let running = Task { [router] in try await router.run() }
        try await eventually { bus.count == 1 }
        try await bus.publish(Envelope(subject: "a"))
        try await eventually { started.all.count == 1 }
        running.cancel()
        try await running.value
        #expect(bus.count == 0)
    }

    @Test func `stopping hands out what is buffered first`() async throws {
        let bus = CountingBus()
        let seen = Log<Subject>()
        var router = Router { _ in Issue.record("nothing fails here") }
        router.attach("all", to: [">"], on: [bus]) { seen.add($0.subject) }
        let session = try await router.open()
        for _ in 0..<3 { try await bus.publish(Envelope(subject: "a")) }
        session.stop()
        #expect(bus.count == 0)
        try await bus.publish(Envelope(subject: "late"))
        await session.run()
        #expect(seen.all == ["a", "a", "a"])
    }

    @Test func `when a bus refuses, what was subscribed elsewhere is gone`() async throws {
        let (open, closed) = (CountingBus(), CountingBus())
        await closed.close()
        var router = Router { _ in }
        router.attach("all", to: [">"], on: [open, closed]) { _ in }
        await #expect(throws: EventError.busClosed) { try await router.run() }
        #expect(open.total == 1)
        #expect(open.count == 0)
    }

    @Test func `a router without handlers returns`() async throws {
        try await Router { _ in }.run()
    }
}
