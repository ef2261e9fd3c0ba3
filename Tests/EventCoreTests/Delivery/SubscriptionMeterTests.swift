import EventTesting
import Testing

@testable import EventCore

@Suite(.timeLimit(.minutes(1))) struct SubscriptionMeterTests {
    private final class Meter: SubscriptionMeter {
        private let calls = Lock<[String]>([])
        var told: [String] { calls.withLock { $0 } }
        func onTake() { calls.withLock { $0.append("take") } }
        func onEnd() { calls.withLock { $0.append("end") } }
    }

    private let meters = [Meter(), Meter()]
    private let mailbox = Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: "a", capacity: 8, policy: .dropNewest)

    /// A subscription that both meters follow, one through the other.
    private func subscription() -> Subscription {
        Subscription(mailbox).metered(by: meters[0]).metered(by: meters[1])
    }

    @Test func `each meter is told what is taken, whichever way, and once more when nothing will come`() async {
        let subscription = subscription()
        for _ in 1...2 { #expect(mailbox.offer(Envelope(subject: "a")) == .delivered) }
        var iterator = subscription.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        #expect(await subscription.next(within: .zero) != nil)
        #expect(meters.map(\.told) == Array(repeating: ["take", "take"], count: 2))
        let executor = StepExecutor()
        let waiting = executor.start {
            var iterator = subscription.makeAsyncIterator()
            return await iterator.next() != nil
        }
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        executor.run()
        #expect(waiting.isDone)
        subscription.close()
        #expect(await iterator.next() == nil)
        #expect(meters.map(\.told) == Array(repeating: ["take", "take", "take", "end"], count: 2))
    }

    @Test func `running out of time is no end, and the end is told to who has a limit as well`() async {
        let subscription = subscription()
        #expect(await subscription.next(within: .zero) == nil)
        #expect(meters.map(\.told) == [[], []])
        subscription.close()
        #expect(await subscription.next(within: .zero) == nil)
        #expect(meters.map(\.told) == [["end"], ["end"]])
    }

    @Test func `each meter is told when nothing refers to the subscription any more`() {
        withExtendedLifetime(subscription()) { #expect(meters.map(\.told) == [[], []]) }
        #expect(meters.map(\.told) == [["end"], ["end"]])
        #expect(mailbox.hasEnded)
    }
}
