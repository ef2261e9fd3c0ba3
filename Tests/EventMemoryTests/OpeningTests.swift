import EventCore
import EventMemory
import EventTesting
import EventTransport
import Testing

/// What arrives before a subscription is its caller's is kept; then the capacity counts.
@Suite(.timeLimit(.minutes(1))) struct OpeningTests {
    private let observer = RecordingObserver()
    private let bus: MemoryBus

    init() {
        bus = MemoryBus(observer: observer)
    }

    /// Opens a subscription with room for three and publishes a hundred envelopes to it.
    private func opened(_ policy: BackpressurePolicy) async throws -> OpeningSubscription {
        let options = SubscriptionOptions(bufferCapacity: 3, backpressure: policy)
        let opening = try bus.open("a", options: options) {}
        for number in 1...100 { try await publish(number) }
        #expect(observer.deliveredCount == 100)
        #expect(bus.droppedCount == 0)
        return opening
    }

    private func publish(_ number: Int) async throws {
        try await bus.publish(number, to: "a")
    }

    private func take(_ count: Int, from subscription: Subscription) async throws -> [Int?] {
        var numbers: [Int?] = []
        for _ in 0..<count {
            numbers.append(try await subscription.next(within: .zero)?.decode(Int.self))
        }
        return numbers
    }

    @Test(arguments: BackpressurePolicy.allCases)
    func `all that arrives before it begins can be read`(_ policy: BackpressurePolicy) async throws {
        let subscription = try await opened(policy).begin()
        #expect(try await take(100, from: subscription) == Array(1...100))
        #expect(subscription.counts.handed == 100)
        #expect(subscription.counts.dropped == 0)
    }

    @Test func `what arrives when it has begun is dropped until there is room for it`() async throws {
        let subscription = try await opened(.dropNewest).begin()
        try await publish(101)
        #expect(try await take(97, from: subscription) == Array(1...97))
        try await publish(102)
        #expect(bus.droppedCount == 2)
        #expect(try await take(1, from: subscription) == [98])
        try await publish(103)
        try await publish(104)
        #expect(bus.droppedCount == 3)
        #expect(try await take(4, from: subscription) == [99, 100, 103, nil])
    }

    @Test func `what arrives when it has begun takes the place of the oldest`() async throws {
        let subscription = try await opened(.dropOldest).begin()
        for number in 101...102 { try await publish(number) }
        #expect(bus.droppedCount == 2)
        #expect(try await take(100, from: subscription) == Array(3...102))
        for number in 103...106 { try await publish(number) }
        #expect(try await take(4, from: subscription) == [104, 105, 106, nil])
    }

    @Test func `publishers that come when it has begun wait until there is room`() async throws {
        let subscription = try await opened(.block).begin()
        let publisher = WaitingPublisher(bus)
        let publishing = Task { try await publisher.publish(101) }
        await publisher.waitUntilParked()
        #expect(try await take(97, from: subscription) == Array(1...97))
        #expect(subscription.counts.buffered == 3)
        #expect(observer.deliveredCount == 100)
        #expect(try await take(1, from: subscription) == [98])
        #expect(observer.deliveredCount == 101)
        try await publishing.value
        #expect(try await take(4, from: subscription) == [99, 100, 101, nil])
        #expect(bus.droppedCount == 0)
    }

    @Test func `what comes off a wire is dropped once it has begun, with block too`() async throws {
        let opening = try await opened(.block)
        bus.deliver(try Envelope(subject: "a", payload: 101))
        let subscription = opening.begin()
        bus.deliver(try Envelope(subject: "a", payload: 102))
        #expect(subscription.counts.buffered == 101)
        #expect(subscription.counts.dropped == 1)
    }

    @Test func `one that is given up frees the bus of it`() async throws {
        let opening = try await opened(.dropNewest)
        opening.close()
        try await publish(101)
        #expect(observer.deliveredCount == 100)
        #expect(observer.droppedCount() == 0)
    }

    @Test func `a capacity that is out of range opens nothing`() async throws {
        let options = SubscriptionOptions(bufferCapacity: .max)
        let error = #expect(throws: EventError.self) { _ = try bus.open("a", options: options) {} }
        guard case .invalidConfiguration = error else {
            Issue.record("it threw \(String(describing: error))")
            return
        }
    }
}

/// Publishes, and is free again when the publish waits: until then the actor is taken.
private actor WaitingPublisher {
    private let bus: MemoryBus
    private let begun = AsyncStream.makeStream(of: Void.self)

    init(_ bus: MemoryBus) {
        self.bus = bus
    }

    func publish(_ number: Int) async throws {
        begun.continuation.yield()
        try await bus.publish(number, to: "a")
    }

    nonisolated func waitUntilParked() async {
        for await _ in begun.stream { break }
        await wait()
    }

    private func wait() {}
}
