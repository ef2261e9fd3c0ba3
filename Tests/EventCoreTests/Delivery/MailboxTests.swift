import Testing

@testable import EventCore

@Suite(.timeLimit(.minutes(5))) struct MailboxTests {
    private func mailbox(
        capacity: Int = 8,
        policy: BackpressurePolicy = .dropNewest,
        predicate: (@Sendable (Envelope) -> Bool)? = nil
    ) -> Mailbox {
        Mailbox(
            id: SubscriptionID(rawValue: "s1"),
            pattern: ">",
            capacity: capacity,
            policy: policy,
            predicate: predicate
        )
    }

    @Test func `a waiting consumer receives what is offered`() async {
        let mailbox = mailbox()
        async let received = mailbox.next()
        let envelope = Envelope(subject: "a")
        #expect(mailbox.offer(envelope) == .delivered)
        #expect(await received == envelope)
    }

    @Test func `a deadline that passes takes nothing and ends nothing`() async {
        let mailbox = mailbox()
        #expect(await mailbox.next(within: .milliseconds(1)) == nil)
        #expect(await mailbox.next(within: .zero) == nil)
        #expect(await mailbox.next(within: .seconds(-1)) == nil)
        let envelope = Envelope(subject: "a")
        #expect(mailbox.offer(envelope) == .delivered)
        #expect(await mailbox.next(within: .zero) == envelope)
    }

    @Test func `a deadline may be as far away as durations go`() async {
        let mailbox = mailbox()
        let reader = Task { await mailbox.next(within: .seconds(Int64.max)) }
        let envelope = Envelope(subject: "a")
        #expect(mailbox.offer(envelope) == .delivered)
        #expect(await reader.value == envelope)
    }

    @Test func `a deadline that is over before the wait begins is not missed`() async {
        let mailbox = mailbox()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { #expect(await mailbox.next(within: .nanoseconds(1)) == nil) }
                }
            }
        }
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
    }

    @Test func `a publisher that finds the mailbox ended by its bus learns that the bus is closed`() async {
        let mailbox = mailbox(capacity: 1, policy: .block)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let late = Envelope(subject: "a")
        #expect(mailbox.offer(late) == .full)
        mailbox.close(.busClosed)
        let parked = ParkedPublish()
        mailbox.park(late, for: parked)
        await #expect(throws: EventError.busClosed) { try await parked.wait() }
    }

    @Test func `a publisher that finds the subscription closed goes on`() async throws {
        let mailbox = mailbox(capacity: 1, policy: .block)
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let late = Envelope(subject: "a")
        #expect(mailbox.offer(late) == .full)
        mailbox.close(.closed)
        let parked = ParkedPublish()
        mailbox.park(late, for: parked)
        try await parked.wait()
    }

    @Test func `deadlines that race with offers lose no envelope`() async {
        let mailbox = mailbox(capacity: 10_000)
        let rounds = 500
        async let received: Int = {
            var count = 0
            while count < rounds, !Task.isCancelled {
                if await mailbox.next(within: .microseconds(Int64(count % 50))) != nil { count += 1 }
            }
            return count
        }()
        for _ in 0..<rounds {
            #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
            await Task.yield()
        }
        #expect(await received == rounds)
    }

    @Test func `a cancelled consumer gets nil at once, and the mailbox has ended`() async {
        let mailbox = mailbox()
        #expect(mailbox.offer(Envelope(subject: "a")) == .delivered)
        let task = Task { () -> Envelope? in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await mailbox.next()
        }
        #expect(await task.value == nil)
        #expect(mailbox.offer(Envelope(subject: "b")) == .ended)
        #expect(await mailbox.next() == nil)
    }

    @Test func `cancelling one of two waiting consumers ends both`() async {
        let mailbox = mailbox()
        let first = Task { await mailbox.next() }
        let second = Task { await mailbox.next() }
        first.cancel()
        #expect(await first.value == nil)
        #expect(await second.value == nil)
    }

    @Test func `several consumers share the envelopes`() async {
        let mailbox = mailbox(capacity: 1000)
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var count = 0
                    while await mailbox.next() != nil { count += 1 }
                    return count
                }
            }
            for _ in 0..<1000 { #expect(mailbox.offer(Envelope(subject: "a")) == .delivered) }
            mailbox.close(.closed)
            return await group.reduce(0, +)
        }
        #expect(total == 1000)
    }

    @Test func `what a predicate holds is released when the mailbox ends`() {
        final class Witness: Sendable {}
        var witness: Witness? = Witness()
        weak let released = witness
        let mailbox = mailbox(predicate: { [witness] _ in witness != nil })
        witness = nil
        #expect(released != nil)
        mailbox.close(.closed)
        #expect(released == nil)
    }

    @Test func `a mailbox wishes for what its predicate accepts, and once it has ended for what has to be told`() {
        #expect(mailbox().wish.text == "everything")
        let open = mailbox(predicate: { $0.subject == "a" })
        #expect(open.wish.text == "accepted a")
        open.close(.closed)
        #expect(open.wish.text == "nothing")
        let closed = mailbox(predicate: { _ in true })
        closed.close(.busClosed)
        #expect(closed.wish.text == "everything")
    }

    @Test func `the end is announced once`() {
        let ends = Lock(0)
        let mailbox = Mailbox(
            id: SubscriptionID(rawValue: "s1"),
            pattern: ">",
            capacity: 1,
            policy: .block,
            onEnd: { _ in ends.withLock { $0 += 1 } }
        )
        mailbox.close(.closed)
        mailbox.close(.busClosed)
        mailbox.cancel()
        #expect(ends.withLock { $0 } == 1)
    }

    @Test func `whoever claims the end first is to tell what came first, and nobody else is`() {
        let mailbox = mailbox()
        #expect(mailbox.claimEnd() == nil)
        mailbox.close(.closed)
        mailbox.close(.busClosed)
        #expect(mailbox.claimEnd() == .closed)
        #expect(mailbox.claimEnd() == nil)
    }
}

extension Mailbox.Wish {
    fileprivate var text: String {
        switch self {
        case .everything: "everything"
        case .accepted(let predicate):
            "accepted "
                + (["a", "b"] as [Subject]).filter { predicate(Envelope(subject: $0)) }.map(\.rawValue).joined()
        case .nothing: "nothing"
        }
    }
}
