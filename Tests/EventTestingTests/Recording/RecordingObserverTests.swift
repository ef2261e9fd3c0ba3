import EventCore
import EventMemory
import EventTesting
import Testing

@Suite struct RecordingObserverTests {
    private let observer = RecordingObserver()
    private let envelopes = ["a", "b", "c"].map { Envelope(subject: "orders.created", source: $0) }
    private let reader = SubscriptionID(rawValue: "reader")

    @Test func `records every callback in order`() {
        observer.onPublish(envelopes[0])
        observer.onDeliver(envelopes[0], to: reader)
        observer.onDrop(envelopes[1], from: reader, reason: .cancelled)
        #expect(
            observer.events == [
                .published(envelopes[0]), .delivered(envelopes[0], to: reader),
                .dropped(envelopes[1], from: reader, reason: .cancelled),
            ]
        )
        #expect(observer.events.map(\.envelope) == [envelopes[0], envelopes[0], envelopes[1]])
        #expect(observer.events.map(\.subscription) == [nil, reader, reader])
    }

    @Test func `counts callbacks by kind`() {
        for envelope in envelopes { observer.onPublish(envelope) }
        observer.onDeliver(envelopes[0], to: reader)
        observer.onDeliver(envelopes[1], to: reader)
        observer.onDrop(envelopes[0], from: reader, reason: .bufferFull)
        observer.onDrop(envelopes[2], from: reader, reason: .closed)
        #expect(observer.envelopes == envelopes)
        #expect(observer.publishedCount == 3)
        #expect(observer.deliveredCount == 2)
        #expect(observer.droppedCount() == 2)
        #expect(observer.droppedCount(reason: .bufferFull) == 1)
        #expect(observer.droppedCount(reason: .cancelled) == 0)
    }

    @Test func `sees what a bus does`() async throws {
        let bus = MemoryBus(observer: observer)
        let options = SubscriptionOptions(bufferCapacity: 1)
        let subscription = try await bus.subscribe(to: "orders.*", options: options)
        try await bus.publish(envelopes[0])
        try await bus.publish(envelopes[1])
        #expect(
            observer.events == [
                .published(envelopes[0]), .delivered(envelopes[0], to: subscription.id),
                .published(envelopes[1]), .dropped(envelopes[1], from: subscription.id, reason: .bufferFull),
            ]
        )
    }

    @Test func `does not wait for what it has seen already`() async throws {
        observer.onPublish(envelopes[0])
        try await observer.waitUntil(within: .zero) { $0.count == 1 }
    }

    @Test func `waits for what is still to come, checking at every callback`() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let waiting = Task { [observer] in
            try await observer.waitUntil { events in
                begin.yield()
                return events.count == 2
            }
        }
        for await _ in begun { break }
        for envelope in envelopes { observer.onPublish(envelope) }
        try await waiting.value
    }

    @Test func `serves several waits at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for count in 1...20 {
                group.addTask { [observer] in try await observer.waitUntil { $0.count >= count } }
            }
            for _ in 1...20 {
                group.addTask { [observer, envelopes] in observer.onPublish(envelopes[0]) }
            }
            try await group.waitForAll()
        }
        #expect(observer.publishedCount == 20)
    }

    @Test func `says what it saw when the time is up`() async throws {
        observer.onPublish(envelopes[0])
        observer.onDrop(envelopes[0], from: reader, reason: .bufferFull)
        let timeout = await #expect(throws: ExpectationTimeout.self) {
            try await observer.waitUntil(within: .milliseconds(1)) { $0.count == 3 }
        }
        let id = envelopes[0].id
        #expect(
            timeout?.description == """
                not fulfilled within 0.001 seconds; seen:
                  published orders.created (\(id))
                  dropped orders.created (\(id)) from reader: buffer_full
                """
        )
    }

    @Test func `stops waiting when the task is cancelled`() async throws {
        let waiting = Task { [observer] in try await observer.waitUntil(within: .seconds(600)) { _ in false } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func `records subscriptions among the events, and knows which are open`() async throws {
        let bus = MemoryBus(observer: observer)
        let first = try await bus.subscribe(to: "a", options: SubscriptionOptions(name: "first"))
        let second = try await bus.subscribe(to: "b")
        try await bus.publish(Envelope(subject: "a"))
        first.close()
        #expect(observer.openSubscriptions.map(\.id) == [second.id])
        #expect(observer.callbacks.map(\.subscription) == [first.id, second.id, nil, first.id, first.id])
        #expect(observer.callbacks.compactMap(\.event) == observer.events)
        #expect(observer.callbacks.first?.description == "subscribed first (\(first.id)) to a")
        #expect(observer.callbacks.last?.description == "ended first (\(first.id)) to a: closed")
        await bus.close()
        #expect(observer.openSubscriptions.isEmpty)
    }

    @Test func `waits for the end of a subscription`() async throws {
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(to: "a")
        let waiting = Task { [observer] in
            try await observer.waitUntilCallbacks(within: .seconds(20)) { $0.count == 2 }
        }
        subscription.close()
        try await waiting.value
    }

    @Test func `forgets at a reset`() {
        observer.onPublish(envelopes[0])
        observer.reset()
        observer.onPublish(envelopes[1])
        #expect(observer.events == [.published(envelopes[1])])
    }
}
