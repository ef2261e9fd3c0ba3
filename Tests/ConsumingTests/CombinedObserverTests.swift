import EventCore
import EventMemory
import EventTesting
import Testing

@Suite struct CombinedObserverTests {
    @Test func `every observer sees every callback`() async throws {
        let (first, second) = (RecordingObserver(), RecordingObserver())
        let bus = MemoryBus(observer: CombinedObserver(first, second))
        let subscription = try await bus.subscribe(to: "a", options: SubscriptionOptions(bufferCapacity: 1))
        try await bus.publish(Envelope(subject: "a"))
        try await bus.publish(Envelope(subject: "a"))
        #expect(first.events.count == 4)
        #expect(first.callbacks == second.callbacks)
        #expect(first.droppedCount(reason: .bufferFull) == 1)
        subscription.close()
        #expect(first.callbacks.count == 6)
        #expect(first.callbacks == second.callbacks)
    }
}
