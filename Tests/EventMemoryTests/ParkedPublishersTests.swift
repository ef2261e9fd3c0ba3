import EventCore
import EventMemory
import EventTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct ParkedPublishersTests {
    @Test func `ten thousand publishers that wait are cancelled, the last first`() async throws {
        let count = 10_000
        let executor = StepExecutor()
        let observer = DropCount()
        let bus = MemoryBus(observer: observer)
        let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        let subscription = try await bus.subscribe(to: "a", options: options)
        let envelope = Envelope(subject: "a")
        try await bus.publish(envelope)
        let publishers = (0..<count).map { _ in
            StepExecutor.Step(on: executor) { try await bus.publish(envelope) }
        }
        executor.run()
        for publisher in publishers.reversed() { publisher.cancel() }
        executor.run()
        let cancelledCount = publishers.count { $0.error is CancellationError }
        #expect(cancelledCount == count)
        #expect(observer.cancelled == count)
        await bus.close()
        withExtendedLifetime(subscription) {}
    }

    private final class DropCount: Observer {
        private let count = Atomic(0)
        var cancelled: Int { count.load(ordering: .relaxed) }

        func onPublish(_ envelope: Envelope) {}
        func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {}
        func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
            if reason == .cancelled { count.add(1, ordering: .relaxed) }
        }
    }
}
