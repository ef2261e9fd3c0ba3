import Dispatch
import EventCore
import EventMemory
import EventTransport
import Foundation
import Testing

@testable import LinkRuntime

/// Told of the end of a subscription, it waits for another task.
private final class WaitingObserver: Observer {
    private let results = Lock<[DispatchTimeoutResult]>([])

    var outcomes: [DispatchTimeoutResult] { results.withLock { $0 } }

    func onPublish(_ envelope: Envelope) {}
    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {}
    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {}

    func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        let done = DispatchSemaphore(value: 0)
        Task.detached { done.signal() }
        let result = done.wait(timeout: .now() + 20)
        results.withLock { $0.append(result) }
    }
}

@Suite(.timeLimit(.minutes(2))) struct ClosingTests {
    @Test func `observers that wait for tasks while buses are closed do not wait for each other`() async throws {
        let observer = WaitingObserver()
        // More than there are threads that run tasks.
        let count = ProcessInfo.processInfo.activeProcessorCount * 2
        try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                let bus = MemoryBus(observer: observer)
                let subscription = try await bus.subscribe(to: "a")
                group.addTask {
                    await bus.close(atMost: .seconds(60))
                    withExtendedLifetime(subscription) {}
                }
            }
            try await group.waitForAll()
        }
        #expect(observer.outcomes == Array(repeating: .success, count: count))
    }
}
