import EventTesting
import Testing

@testable import EventCore

/// What a bus cannot bring about at will: what happens between two steps of a publisher or a reader.
@Suite(.timeLimit(.minutes(1))) struct MailboxGroupTests {
    private let observer = RecordingObserver()

    private func makeGroup() -> MailboxGroup {
        MailboxGroup(name: "workers", pattern: "a", observer: observer)
    }

    private func makeMember(
        of group: MailboxGroup,
        capacity: Int = 1,
        policy: BackpressurePolicy = .block
    ) -> Mailbox {
        let info = SubscriptionInfo(
            id: SubscriptionID(),
            pattern: "a",
            group: "workers",
            bufferCapacity: capacity,
            backpressure: policy
        )
        let mailbox = Mailbox(info, group: group, observer: observer)
        group.join(mailbox)
        return mailbox
    }

    private func envelope(_ label: String) -> Envelope { Envelope(subject: "a", headers: ["label": label]) }

    private func drain(_ mailbox: Mailbox) async -> [String?] {
        mailbox.close(.busClosed)
        var labels: [String?] = []
        while let envelope = await mailbox.next() { labels.append(envelope.headers["label"]) }
        return labels
    }

    private var drops: [DropReason] {
        observer.events.compactMap { if case .dropped(_, _, let reason) = $0 { reason } else { nil } }
    }

    @Test(
        "a publisher that begins to wait as its group ends does not, and the drop is told",
        arguments: [
            SubscriptionEnd.closed, .busClosed,
        ]
    )
    func parks(_ end: SubscriptionEnd) async throws {
        let group = makeGroup()
        let mailbox = makeMember(of: group)
        #expect(group.offer(envelope("first"), group.ballot()) == .delivered)
        let ballot = group.ballot()
        #expect(group.offer(envelope("second"), ballot) == .full)
        mailbox.close(end)
        let publish = ParkedPublish()
        group.park(envelope("second"), for: publish, ballot)
        var thrown: EventError?
        do { try await publish.wait() } catch { thrown = error as? EventError }
        #expect(thrown == (end == .busClosed ? .busClosed : nil))
        #expect(drops == [.closed])
    }

    @Test func `a publisher that begins to wait when there is room again does not`() async throws {
        let group = makeGroup()
        let mailbox = makeMember(of: group)
        _ = group.offer(envelope("first"), group.ballot())
        let ballot = group.ballot()
        #expect(group.offer(envelope("second"), ballot) == .full)
        #expect(await mailbox.next()?.headers["label"] == "first")
        let publish = ParkedPublish()
        group.park(envelope("second"), for: publish, ballot)
        try await publish.wait()
        #expect(await drain(mailbox) == ["second"])
    }

    @Test func `what waits longer goes first, also where a reader has made room and not told it yet`() async throws {
        let group = makeGroup()
        let mailbox = makeMember(of: group)
        _ = group.offer(envelope("first"), group.ballot())
        let publish = ParkedPublish()
        group.park(envelope("second"), for: publish, group.ballot())
        mailbox.decide { _ = $0.take() }
        #expect(group.offer(envelope("third"), group.ballot()) == .full)
        try await publish.wait()
        #expect(await drain(mailbox) == ["second"])
    }

    @Test func `a reader that finds something as it begins to wait makes room like any other`() async {
        let group = makeGroup()
        let mailbox = makeMember(of: group)
        _ = group.offer(envelope("first"), group.ballot())
        group.park(envelope("second"), for: ParkedPublish(), group.ballot())
        #expect(await mailbox.wait()?.headers["label"] == "first")
        #expect(await drain(mailbox) == ["second"])
    }
}
