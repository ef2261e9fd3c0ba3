import Testing

@testable import EventCore

/// Runs of envelopes that are offered at once.
@Suite struct MailboxRunTests {
    private static let policies: [BackpressurePolicy] = [.block, .dropNewest, .dropOldest]

    private func mailbox(_ capacity: Int, _ policy: BackpressurePolicy) -> Mailbox {
        Mailbox(id: SubscriptionID(), pattern: "a", capacity: capacity, policy: policy)
    }

    private func run(_ count: Int) -> [Envelope] { (0..<count).map { Envelope(subject: "a", source: "\($0)") } }

    /// What is buffered, from the first on.
    private func drain(_ mailbox: Mailbox) -> [String?] {
        var sources: [String?] = []
        while case .some(.some(let envelope)) = mailbox.takeNow() { sources.append(envelope.source) }
        return sources
    }

    @Test(arguments: policies, [0, 1, 3, 7])
    func `a run ends as its envelopes would one after the other`(_ policy: BackpressurePolicy, _ count: Int) {
        for capacity in 1...4 {
            let (together, alone) = (mailbox(capacity, policy), mailbox(capacity, policy))
            let run = run(count)
            let dropped = together.offerOrDrop(run[...])
            var expected = 0
            for envelope in run {
                switch alone.offerOrDrop(envelope) {
                case .dropped, .deliveredForOldest: expected += 1
                case .delivered, .ended, .full: break
                }
            }
            #expect(dropped == expected)
            #expect(together.counts == alone.counts)
            #expect(drain(together) == drain(alone))
        }
    }

    @Test func `who waits gets the first of a run, and finds the others`() async {
        let mailbox = mailbox(10, .block)
        let reader = Task { await mailbox.next() }
        while mailbox.load != .idle { await Task.yield() }
        #expect(mailbox.offerOrDrop(run(3)[...]) == 0)
        #expect(await reader.value?.source == "0")
        #expect(drain(mailbox) == ["1", "2"])
    }

    @Test func `a mailbox that has ended takes nothing of a run, and drops nothing`() {
        let mailbox = mailbox(10, .dropOldest)
        mailbox.close(.closed)
        #expect(mailbox.offerOrDrop(run(3)[...]) == 0)
        #expect(drain(mailbox) == [])
    }
}
