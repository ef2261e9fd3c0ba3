import EventCore
import EventLogging
import EventMemory
import InMemoryLogging
import Logging
import Testing

@Suite struct DropLoggerTests {
    /// A clock that goes when it is told to.
    private final class ManualClock: Clock {
        struct Instant: InstantProtocol {
            var offset: Duration
            func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
            func duration(to other: Instant) -> Duration { other.offset - offset }
            static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
        }

        private let time = Lock(Instant(offset: .zero))
        var now: Instant { time.withLock { $0 } }
        let minimumResolution = Duration.nanoseconds(1)
        func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
        func sleep(until deadline: Instant, tolerance: Duration?) async throws {}
    }

    private let clock = ManualClock()
    private let handler = InMemoryLogHandler()

    private func makeObserver(reasons: Set<DropReason> = [.bufferFull, .cancelled]) -> DropLogger {
        var logger = Logger(label: "drops") { _ in handler }
        logger.logLevel = .trace
        return DropLogger(logger: logger, reasons: reasons, clock: clock)
    }

    private func lines() -> [String] {
        handler.entries.map { "\($0.level): \($0.message) \($0.metadata["lost"] ?? "-")" }
    }

    @Test func `a sender's text writes no line of the log`() throws {
        var envelope = Envelope(subject: try Subject(validating: "a\nERROR"))
        envelope.id = "i\u{2028}ERROR\u{202E}"
        let observer = makeObserver()
        observer.onDrop(envelope, from: SubscriptionID(rawValue: "s\r\n"), reason: .bufferFull)
        let metadata = try #require(handler.entries.first).metadata
        #expect(metadata["subject"] == "a\\nERROR")
        #expect(metadata["envelope"] == "i\\u{2028}ERROR\\u{202E}")
        #expect(metadata["subscription"] == "s\\r\\n")
    }

    @Test func `the first drop is logged, the others are counted, and the end is logged`() async throws {
        let observer = makeObserver()
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(to: "a.*", options: SubscriptionOptions(bufferCapacity: 1))
        for _ in 0..<5 { try await bus.publish(Envelope(subject: "a.b")) }
        #expect(lines() == ["warning: A subscription loses envelopes -"])
        let metadata = try #require(handler.entries.first).metadata
        #expect(metadata["subscription"] == "\(subscription.id)")
        #expect(metadata["subject"] == "a.b")
        #expect(metadata["reason"] == "buffer_full")
        clock.advance(by: .seconds(9))
        try await bus.publish(Envelope(subject: "a.b"))
        clock.advance(by: .seconds(1))
        try await bus.publish(Envelope(subject: "elsewhere"))
        #expect(lines().last == "warning: A subscription still loses envelopes 4")
        clock.advance(by: .seconds(9))
        try await bus.publish(Envelope(subject: "elsewhere"))
        #expect(lines().last == "notice: A subscription no longer loses envelopes 0")
        #expect(lines().count == 3)
    }

    @Test("a dropOldest subscription that loses with every publish does not flood the log", arguments: [10_000])
    func flood(_ count: Int) async throws {
        let observer = makeObserver()
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(
            to: "a",
            options: SubscriptionOptions(bufferCapacity: 1, backpressure: .dropOldest)
        )
        for _ in 0..<count { try await bus.publish(Envelope(subject: "a")) }
        #expect(lines().count == 1)
        observer.summarize()
        #expect(lines().last == "notice: A subscription no longer loses envelopes \(count - 2)")
        subscription.close()
    }

    @Test func `a line says what the subscription is called and listens to, also when that has ended`() async throws {
        let observer = makeObserver()
        let bus = MemoryBus(observer: observer)
        let options = SubscriptionOptions(bufferCapacity: 1, name: "audit\nERROR")
        let subscription = try await bus.subscribe(to: "a.*", options: options)
        for _ in 0..<3 { try await bus.publish(Envelope(subject: "a.b")) }
        subscription.close()
        observer.summarize()
        #expect(lines().count == 2)
        for entry in handler.entries {
            #expect(entry.metadata["name"] == "audit\\nERROR")
            #expect(entry.metadata["pattern"] == "a.*")
            #expect(entry.metadata["subscription"] == "\(subscription.id)")
        }
    }

    @Test func `drops of what was closed are not logged unless asked for`() throws {
        let envelope = Envelope(subject: "a")
        makeObserver().onDrop(envelope, from: SubscriptionID(rawValue: "s"), reason: .closed)
        #expect(lines() == [])
        makeObserver(reasons: [.closed]).onDrop(envelope, from: SubscriptionID(rawValue: "s"), reason: .closed)
        #expect(lines().first == "warning: A subscription loses envelopes -")
    }

    @Test func `nobody's id begins a line of the log`() {
        var observer: DropLogger? = makeObserver()
        let id = SubscriptionID(rawValue: "s\nERROR forged\u{1B}[2J")
        observer?.onDrop(Envelope(subject: "a"), from: id, reason: .bufferFull)
        observer = nil
        let subscriptions = handler.entries.map { $0.metadata["subscription"].map { "\($0)" } ?? "" }
        #expect(subscriptions.count == 2)
        for text in subscriptions { #expect(text.hasPrefix("s\\nERROR") && !text.contains("\n")) }
    }

    @Test func `an observer that is let go says what it had counted`() {
        var observer: DropLogger? = makeObserver()
        for _ in 0..<3 {
            observer?.onDrop(Envelope(subject: "a"), from: SubscriptionID(rawValue: "s"), reason: .bufferFull)
        }
        #expect(lines().count == 1)
        observer = nil
        #expect(lines().last == "notice: A subscription no longer loses envelopes 2")
    }
}
