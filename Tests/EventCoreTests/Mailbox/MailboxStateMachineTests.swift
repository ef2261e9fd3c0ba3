import Testing

@testable import EventCore

@Suite struct MailboxStateMachineTests {
    private typealias Machine = MailboxStateMachine<String, Int, Int>

    @Test func `a full mailbox drops the newest`() {
        var mailbox = Machine(capacity: 1, policy: .dropNewest)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.offer("b").text == "refuse")
        #expect(mailbox.take().text == "take a")
        #expect(mailbox.take().text == "wait")
    }

    @Test func `a full mailbox that drops the oldest says which`() {
        var mailbox = Machine(capacity: 2, policy: .dropOldest)
        #expect(["a", "b", "c"].map { mailbox.offer($0).text } == ["keep", "keep", "evict a"])
        #expect(mailbox.take().text == "take b")
        #expect(mailbox.take().text == "take c")
    }

    @Test func `a full mailbox that blocks admits what is parked in order, one for each that is taken`() {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.park("b", for: 1).text == "park")
        #expect(mailbox.park("c", for: 2).text == "park")
        #expect(mailbox.take().text == "take a, admit b of 1")
        #expect(mailbox.take().text == "take b, admit c of 2")
        #expect(mailbox.take().text == "take c")
    }

    @Test func `room that appears before parking is used`() {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.offer("b").text == "park")
        #expect(mailbox.take().text == "take a")
        #expect(mailbox.park("b", for: 1).text == "keep")
        #expect(mailbox.withdraw(1) == nil)
    }

    @Test func `consumers that wait are served in order and pass over the buffer`() {
        var mailbox = Machine(capacity: 1, policy: .dropNewest)
        #expect(mailbox.take(orQueue: 1, token: 1).text == "wait")
        #expect(mailbox.take(orQueue: 2, token: 2).text == "wait")
        #expect(["a", "b", "c", "d"].map { mailbox.offer($0).text } == ["hand to 1", "hand to 2", "keep", "refuse"])
    }

    @Test func `a consumer that gives up is not served, and one that was served cannot give up`() {
        var mailbox = Machine(capacity: 1, policy: .dropNewest)
        #expect(mailbox.take(orQueue: 1, token: 7).text == "wait")
        #expect(mailbox.take(orQueue: 2, token: 8).text == "wait")
        #expect(mailbox.giveUp(7) == 1)
        #expect(mailbox.giveUp(7) == nil)
        #expect(mailbox.offer("a").text == "hand to 2")
        #expect(mailbox.giveUp(8) == nil)
    }

    @Test func `a finished mailbox hands out what it has, takes nothing, and tells everyone once`() throws {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.park("b", for: 1).text == "park")
        let end = mailbox.finish()
        let action = try #require(end)
        #expect(action.consumers == [])
        #expect(action.parked.map(\.element) == ["b"])
        #expect(mailbox.finish() == nil)
        #expect(mailbox.offer("c").text == "finished")
        #expect(mailbox.take().text == "take a")
        #expect(mailbox.take().text == "finished")
    }

    @Test func `a discarded buffer is empty`() {
        var mailbox = Machine(capacity: 2, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        var discarded = mailbox.discard()
        #expect(discarded.popFirst() == "a")
        #expect(discarded.isEmpty)
        #expect(mailbox.take().text == "wait")
    }
}

extension MailboxStateMachine<String, Int, Int>.OfferAction {
    fileprivate var text: String {
        switch self {
        case .keep: "keep"
        case .hand(let consumer): "hand to \(consumer)"
        case .evict(let element): "evict \(element)"
        case .refuse: "refuse"
        case .park: "park"
        case .finished: "finished"
        }
    }
}

extension MailboxStateMachine<String, Int, Int>.TakeAction {
    fileprivate var text: String {
        switch self {
        case .take(let element): "take \(element)"
        case .takeAndAdmit(let element, let parked): "take \(element), admit \(parked.element) of \(parked.publisher)"
        case .wait: "wait"
        case .finished: "finished"
        }
    }
}
