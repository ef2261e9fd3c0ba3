import Dispatch
import EventCore
import EventMemory
import LinkRuntime
import Testing

@Suite struct DeliveryQueueTests {
    private let local = MemoryBus()
    private let deliveries: DeliveryQueue
    /// Signalled when predicates may answer.
    private let answer = DispatchSemaphore(value: 0)

    init() {
        deliveries = DeliveryQueue(local, capacity: 1000, byteCapacity: 1 << 20, reporter: BusReporter(logger: nil))
    }

    /// Subscribes with a predicate that lets nothing through when it is not told to in time, as it is not by a caller that
    /// waits for it.
    private func subscribeSlowly(to pattern: Pattern) async throws -> Subscription {
        let answer = answer
        let options = SubscriptionOptions(predicate: { _ in
            defer { answer.signal() }
            return answer.wait(timeout: .now() + 20) == .success
        })
        return try await local.subscribe(to: pattern, options: options)
    }

    @Test(.timeLimit(.minutes(2)))
    func `delivering does not wait for a predicate that nobody has announced`() async throws {
        let subscription = try await subscribeSlowly(to: "slow")
        deliveries.deliver([Envelope(subject: "slow")])
        answer.signal()
        #expect(await subscription.next(within: .seconds(60))?.subject == "slow")
        deliveries.close()
    }

    @Test(.timeLimit(.minutes(2)))
    func `what needs no call does not overtake what does`() async throws {
        let slow = try await subscribeSlowly(to: "slow")
        let all = try await local.subscribe(to: ">")
        deliveries.deliver([Envelope(subject: "first"), Envelope(subject: "slow"), Envelope(subject: "second")])
        deliveries.deliver([Envelope(subject: "third")])
        #expect(await all.next(within: .zero)?.subject == "first")
        answer.signal()
        for subject in ["slow", "second", "third"] as [Subject] {
            #expect(await all.next(within: .seconds(60))?.subject == subject)
        }
        #expect(await slow.next(within: .seconds(60))?.subject == "slow")
        deliveries.close()
    }
}
