import EventTesting
import Testing

@testable import EventCore

/// Readers that wait, with and without a limit.
@Suite(.timeLimit(.minutes(1))) struct MailboxWaitTests {
    private let executor = StepExecutor()
    private let mailbox = Mailbox(
        id: SubscriptionID(rawValue: "s1"),
        pattern: ">",
        capacity: 8,
        policy: .dropNewest
    )

    private func reader(within limit: Duration) -> StepExecutor.Step<Subject?> {
        executor.start { [mailbox] in await mailbox.next(within: limit)?.subject }
    }

    @Test("without time nobody waits", arguments: [.zero, .seconds(-1)] as [Duration])
    func zero(_ limit: Duration) throws {
        let reader = reader(within: limit)
        #expect(reader.isDone)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let second = self.reader(within: limit)
        #expect(try second.result?.get() == "a")
    }

    @Test func `when the limit of a later reader is over, the earlier one waits on`() async throws {
        let patient = reader(within: .seconds(600))
        let hasty = reader(within: .milliseconds(1))
        await executor.run { hasty.isDone || patient.isDone }
        #expect(hasty.isDone && !patient.isDone)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        executor.run()
        #expect(try patient.result?.get() == "a")
    }

    @Test func `when the limit of an earlier reader is over, the later one waits on`() async throws {
        let hasty = reader(within: .milliseconds(1))
        let patient = executor.start { [mailbox] in await mailbox.next()?.subject }
        await executor.run { hasty.isDone || patient.isDone }
        #expect(hasty.isDone && !patient.isDone)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        executor.run()
        #expect(try patient.result?.get() == "a")
    }

    @Test func `readers are served in order, whatever their limits`() throws {
        let readers = [600, 60, 6000].map { reader(within: .seconds($0)) }
        for subject in ["a", "b", "c"] as [Subject] {
            #expect(mailbox.offer(Envelope(subject: subject)) == .delivered)
        }
        executor.run()
        #expect(try readers.map { try $0.result?.get() } == ["a", "b", "c"])
    }

    @Test("a wait that is over leaves no timer behind", arguments: ["answered", "cancelled", "closed"])
    func timer(_ end: String) async throws {
        weak var released: Mailbox?
        let reader: StepExecutor.Step<Subject?>
        do {
            let mailbox = Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: ">", capacity: 1, policy: .block)
            released = mailbox
            reader = executor.start { await mailbox.next(within: .seconds(3600))?.subject }
            switch end {
            case "answered": #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
            case "cancelled": reader.cancel()
            default: mailbox.close(.closed)
            }
        }
        await executor.run { reader.isDone && released == nil }
        #expect(reader.isDone)
        #expect(released == nil)
    }

    @Test func `a mailbox has ended when it is closed and read to its end`() {
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        #expect(!mailbox.hasEnded)
        mailbox.close(.closed)
        #expect(!mailbox.hasEnded)
        #expect(mailbox.takeNow()??.subject == "a")
        #expect(mailbox.hasEnded)
    }

    @Test func `a mailbox that is cancelled has ended, whatever it holds`() {
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        mailbox.cancel()
        #expect(mailbox.hasEnded)
    }

    @Test func `an empty mailbox that is open has not ended`() {
        #expect(mailbox.takeNow() == nil)
        #expect(!mailbox.hasEnded)
    }
}
