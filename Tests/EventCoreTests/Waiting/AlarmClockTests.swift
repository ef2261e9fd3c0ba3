import EventMemory
import EventTesting
import Testing

@testable import EventCore

/// Waits with a limit: none leaves an alarm behind that is over.
@Suite(.timeLimit(.minutes(2))) struct AlarmClockTests {
    private let clock = AlarmClock()

    @Test func `rings when the time is up, once, in order of the deadlines`() async {
        let (numbers, numbersGiven) = AsyncStream.makeStream(of: Int.self)
        for number in [3, 1, 2] { _ = clock.set(in: .milliseconds(30 * number)) { numbersGiven.yield(number) } }
        var rung: [Int] = []
        for await number in numbers {
            rung.append(number)
            if rung.count == 3 { break }
        }
        #expect(rung == [1, 2, 3])
        #expect(clock.count == 0)
    }

    @Test func `an alarm that is cancelled lets go of what it refers to`() {
        final class Token: Sendable {}
        weak var released: Token?
        do {
            let token = Token()
            released = token
            let alarm = clock.set(in: .seconds(3600)) { withExtendedLifetime(token) {} }
            #expect(clock.count == 1)
            clock.cancel(alarm)
        }
        #expect(clock.count == 0)
        #expect(released == nil)
    }

    @Test func `a sleep lasts as long as it should`() async throws {
        let start = ContinuousClock.now
        try await clock.sleep(for: .milliseconds(20))
        #expect(ContinuousClock.now - start >= .milliseconds(20))
        #expect(clock.count == 0)
    }

    @Test func `a sleep ends as soon as the task is cancelled`() async {
        let sleeper = Task { [clock] in try await clock.sleep(for: .seconds(3600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.count == 0)
    }

    @Test(
        "a wait of a mailbox that is over has no alarm any more",
        arguments: ["answered", "cancelled", "closed", "late"]
    )
    func mailbox(_ end: String) async {
        let executor = StepExecutor()
        let mailbox = Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: ">", capacity: 1, policy: .block)
        let limit = Duration.seconds(end == "late" ? 0.001 : 3600)
        let readers = (0..<100).map { _ in
            executor.start { [clock] in await mailbox.next(within: limit, on: clock) }
        }
        if end != "late" { #expect(clock.count == 100) }
        switch end {
        case "answered": for _ in readers { #expect(mailbox.offer(Envelope(subject: "a")) == .delivered) }
        case "cancelled": for reader in readers { reader.cancel() }
        case "closed": mailbox.close(.closed)
        default: break
        }
        await executor.run { readers.allSatisfy(\.isDone) }
        let doneCount = readers.count { $0.isDone }
        #expect(doneCount == 100)
        #expect(clock.count == 0)
    }

    @Test func `an operation that ends in time leaves no alarm behind, nor does one that fails or is late`()
        async throws
    {
        struct Failure: Error {}
        let inTime = try await Deadline.run(within: .seconds(3600), on: clock) { 7 }
        #expect(inTime == 7)
        await #expect(throws: Failure.self) {
            _ = try await Deadline.run(within: .seconds(3600), on: clock) { throw Failure() }
        }
        let late = try await Deadline.run(within: .milliseconds(1), on: clock) { [clock] in
            try await clock.sleep(for: .seconds(3600))
            return 7
        }
        #expect(late == nil)
        #expect(clock.count == 0)
    }

    @Test func `a request that is answered leaves no alarm behind`() async throws {
        // Nobody else has a limit like this, so that only alarms of this test are that late.
        let limit = Duration.seconds(90_000_000)
        let start = ContinuousClock.now
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "ask")
        async let responding: Void = bus.respond(to: requests) { _ in 1 }
        for _ in 0..<20 { _ = try await bus.request(Envelope(subject: "ask"), within: limit) }
        let pings = try await bus.subscribe(to: "ping")
        async let ping = pings.next(within: limit)
        while AlarmClock.shared.count(since: start + .seconds(80_000_000)) == 0 { await Task.yield() }
        try await bus.publish(Envelope(subject: "ping"))
        #expect(await ping != nil)
        #expect(AlarmClock.shared.count(since: start + .seconds(80_000_000)) == 0)
        await bus.close()
        await responding
    }

    @Test func `something that happens is waited for until then or until the limit, and leaves no alarm behind`() async
    {
        let completion = Completion()
        #expect(await completion.wait(atMost: .milliseconds(1), on: clock) == false)
        #expect(await completion.wait(atMost: .zero, on: clock) == false)
        let waiter = Task { [clock] in await completion.wait(atMost: .seconds(3600), on: clock) }
        while clock.count == 0 { await Task.yield() }
        completion.complete()
        #expect(await waiter.value)
        #expect(await completion.wait(atMost: .zero, on: clock))
        #expect(clock.count == 0)
    }
}
