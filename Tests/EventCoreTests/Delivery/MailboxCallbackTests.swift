import EventTesting
import Testing

@testable import EventCore

/// What the observer is told, in which order, and that nobody goes on before it was.
@Suite(.timeLimit(.minutes(1))) struct MailboxCallbackTests {
    /// Writes down what it is told, and whether anyone could go on by then.
    private final class Witness: Observer {
        private let executor: StepExecutor
        private let notes = Lock<[String]>([])

        init(_ executor: StepExecutor) {
            self.executor = executor
        }

        var lines: [String] { notes.withLock { $0 } }

        func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
            note("delivered \(envelope.subject)")
        }

        func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
            note("dropped \(envelope.subject) (\(reason))")
        }

        private func note(_ line: String) {
            let line = executor.isIdle ? line : line + ", too late"
            notes.withLock { $0.append(line) }
        }
    }

    private let executor = StepExecutor()
    private let witness: Witness

    init() {
        witness = Witness(executor)
    }

    private func mailbox(_ policy: BackpressurePolicy) -> Mailbox {
        Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: ">", capacity: 1, policy: policy, observer: witness)
    }

    /// A mailbox that holds `a`, and a publisher that waits with `b`.
    private func full() -> (mailbox: Mailbox, publisher: StepExecutor.Step<Void>) {
        let mailbox = mailbox(.block)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let envelope = Envelope(subject: "b")
        #expect(mailbox.offer(envelope) == .full)
        let parked = ParkedPublish()
        mailbox.park(envelope, for: parked)
        let publisher = executor.start { try await parked.wait() }
        #expect(!publisher.isDone)
        #expect(witness.lines == ["delivered a"])
        return (mailbox, publisher)
    }

    @Test func `a reader that waits goes on when its delivery has been told`() async throws {
        let mailbox = mailbox(.dropNewest)
        let reader = executor.start { await mailbox.next()?.subject }
        #expect(!reader.isDone)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        #expect(witness.lines == ["delivered a"])
        executor.run()
        #expect(try reader.result?.get() == "a")
    }

    @Test func `what loses its place is told before what gets it`() {
        let mailbox = mailbox(.dropOldest)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        #expect(mailbox.offer(Envelope(subject: "b")) == .deliveredForOldest)
        #expect(witness.lines == ["delivered a", "dropped a (bufferFull)", "delivered b"])
    }

    @Test func `what is refused or too late is told`() {
        let mailbox = mailbox(.dropNewest)
        for subject in ["a", "b"] as [Subject] { _ = mailbox.offer(Envelope(subject: subject)) }
        mailbox.close(.closed)
        #expect(mailbox.offer(Envelope(subject: "c")) == .ended)
        #expect(witness.lines == ["delivered a", "dropped b (bufferFull)", "dropped c (closed)"])
    }

    @Test func `a publisher that waits goes on when a reader has made room and its delivery has been told`() throws {
        let (mailbox, publisher) = full()
        #expect(mailbox.takeNow()??.subject == "a")
        #expect(witness.lines == ["delivered a", "delivered b"])
        executor.run()
        #expect(publisher.isDone && publisher.error == nil)
        #expect(mailbox.takeNow()??.subject == "b")
    }

    @Test func `so it does when the reader was about to wait`() throws {
        let (mailbox, publisher) = full()
        let reader = executor.start { await mailbox.wait()?.subject }
        #expect(try reader.result?.get() == "a")
        #expect(witness.lines == ["delivered a", "delivered b"])
        #expect(publisher.isDone && publisher.error == nil)
    }

    @Test func `closing the subscription tells of what waited, and its publisher goes on`() throws {
        let (mailbox, publisher) = full()
        mailbox.close(.closed)
        #expect(witness.lines == ["delivered a", "dropped b (closed)"])
        executor.run()
        #expect(publisher.isDone && publisher.error == nil)
    }

    @Test func `a reader that is cancelled tells of what waited, and its publisher goes on`() throws {
        let (mailbox, publisher) = full()
        mailbox.cancel()
        #expect(witness.lines == ["delivered a", "dropped b (closed)"])
        executor.run()
        #expect(publisher.isDone && publisher.error == nil)
    }

    @Test func `closing the bus tells of what waited, and its publisher learns it`() throws {
        let (mailbox, publisher) = full()
        mailbox.close(.busClosed)
        #expect(witness.lines == ["delivered a", "dropped b (closed)"])
        executor.run()
        #expect(publisher.error as? EventError == .busClosed)
    }

    @Test func `cancelling the publisher tells of what waited, which is gone`() throws {
        let (mailbox, publisher) = full()
        publisher.cancel()
        #expect(witness.lines == ["delivered a", "dropped b (cancelled)"])
        executor.run()
        #expect(publisher.error is CancellationError)
        #expect(mailbox.takeNow()??.subject == "a")
        #expect(mailbox.takeNow() == nil)
        #expect(witness.lines.count == 2)
    }

    @Test
    func `an envelope that finds room at the second offer is delivered, and its publisher neither waits nor throws`()
        throws
    {
        let mailbox = mailbox(.block)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let envelope = Envelope(subject: "b")
        #expect(mailbox.offer(envelope) == .full)
        #expect(mailbox.takeNow()??.subject == "a")
        let parked = ParkedPublish()
        mailbox.park(envelope, for: parked)
        let publisher = executor.start { try await parked.wait() }
        #expect(publisher.isDone && publisher.error == nil)
        #expect(witness.lines == ["delivered a", "delivered b"])
    }

    @Test func `an envelope whose publisher does not wait is delivered when there is room by then, and else dropped`() {
        let mailbox = mailbox(.block)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        #expect(mailbox.offerOrDrop(Envelope(subject: "b")) == .dropped)
        #expect(mailbox.takeNow()??.subject == "a")
        #expect(mailbox.offerOrDrop(Envelope(subject: "c")) == .delivered)
        mailbox.close(.busClosed)
        #expect(mailbox.offerOrDrop(Envelope(subject: "d")) == .ended)
        #expect(witness.lines == ["delivered a", "dropped b (bufferFull)", "delivered c", "dropped d (closed)"])
        #expect(mailbox.counts.dropped == 1)
    }
}
