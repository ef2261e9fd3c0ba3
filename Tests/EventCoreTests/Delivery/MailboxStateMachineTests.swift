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
        #expect(mailbox.park("b", for: 1).text == "parked")
        #expect(mailbox.park("c", for: 2).text == "parked")
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
        #expect(mailbox.take().text == "take b")
        #expect(mailbox.take().text == "wait")
    }

    @Test func `consumers that wait are served in order and pass over the buffer`() {
        var mailbox = Machine(capacity: 1, policy: .dropNewest)
        #expect(mailbox.take(orQueue: 1).text == "queued")
        #expect(mailbox.take(orQueue: 2).text == "queued")
        #expect(["a", "b", "c", "d"].map { mailbox.offer($0).text } == ["hand to 1", "hand to 2", "keep", "refuse"])
    }

    @Test func `a consumer that gives up is not served, and one that was served cannot give up`() throws {
        var mailbox = Machine(capacity: 1, policy: .dropNewest)
        let actions = [mailbox.take(orQueue: 1), mailbox.take(orQueue: 2)]
        let places = try actions.map { try #require($0.place) }
        #expect([mailbox.giveUp(places[0]), mailbox.giveUp(places[0])] == [1, nil])
        #expect(mailbox.offer("a").text == "hand to 2")
        let late = mailbox.giveUp(places[1])
        #expect(late == nil)
    }

    @Test func `a finished mailbox hands out what it has, takes nothing, and tells everyone once`() throws {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.park("b", for: 1).text == "parked")
        let end = mailbox.finish()
        var action = try #require(end)
        #expect(action.consumers.isEmpty)
        #expect([action.parked.popFirst()?.element, action.parked.popFirst()?.element] == ["b", nil])
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

    // MARK: The capacity

    /// A mailbox with four elements, whose capacity is two from now on.
    private func begun(_ policy: BackpressurePolicy) -> Machine {
        var mailbox = Machine(capacity: 100, policy: policy)
        for element in ["a", "b", "c", "d"] { #expect(mailbox.offer(element).text == "keep") }
        mailbox.setCapacity(2)
        return mailbox
    }

    @Test func `what is in the buffer when the capacity shrinks stays, and newer elements are dropped`() {
        var mailbox = begun(.dropNewest)
        #expect(mailbox.offer("x").text == "refuse")
        #expect(["a", "b"].map { _ in mailbox.take().text } == ["take a", "take b"])
        #expect(mailbox.offer("y").text == "refuse")
        #expect(mailbox.take().text == "take c")
        #expect(mailbox.offer("z").text == "keep")
        #expect(mailbox.offer("z").text == "refuse")
        #expect(["d", "z"].map { _ in mailbox.take().text } == ["take d", "take z"])
    }

    @Test func `a buffer above its capacity loses one element for each new one, and gets no larger`() {
        var mailbox = begun(.dropOldest)
        #expect(mailbox.offer("e").text == "evict a")
        #expect(mailbox.offer("f").text == "evict b")
        #expect((0..<4).map { _ in mailbox.take().text } == ["take c", "take d", "take e", "take f"])
        #expect(["g", "h", "i"].map { mailbox.offer($0).text } == ["keep", "keep", "evict g"])
    }

    @Test func `publishers are admitted only once there is less than the capacity`() {
        var mailbox = begun(.block)
        #expect(mailbox.park("e", for: 1).text == "parked")
        #expect(mailbox.park("f", for: 2).text == "parked")
        #expect((0..<2).map { _ in mailbox.take().text } == ["take a", "take b"])
        #expect(mailbox.park("g", for: 3).text == "parked")
        #expect(mailbox.take().text == "take c, admit e of 1")
        #expect(mailbox.take().text == "take d, admit f of 2")
        #expect(mailbox.take().text == "take e, admit g of 3")
    }

    // MARK: What has become of it

    @Test(arguments: BackpressurePolicy.allCases)
    func `counts what was handed out, waits and was dropped`(_ policy: BackpressurePolicy) {
        var mailbox = Machine(capacity: 2, policy: policy)
        #expect(mailbox.counts == SubscriptionCounts())
        #expect(mailbox.take(orQueue: 1).text == "queued")
        for element in ["a", "b", "c", "d", "e"] { _ = mailbox.offer(element) }
        let dropped = policy == .block ? 0 : 2
        #expect(mailbox.counts == counts(handed: 1, buffered: 2, dropped: dropped))
        _ = mailbox.take()
        #expect(mailbox.counts == counts(handed: 2, buffered: 1, dropped: dropped))
        _ = mailbox.discard()
        #expect(mailbox.counts == counts(handed: 2, buffered: 0, dropped: dropped))
    }

    @Test func `what is offered for the last time is dropped when there is no room, and counted`() {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offerOrRefuse("a").text == "keep")
        #expect(mailbox.offerOrRefuse("b").text == "refuse")
        #expect(mailbox.counts == counts(handed: 0, buffered: 1, dropped: 1))
        #expect(mailbox.take().text == "take a")
        #expect(mailbox.take(orQueue: 1).text == "queued")
        #expect(mailbox.offerOrRefuse("c").text == "hand to 1")
        #expect(mailbox.counts == counts(handed: 2, buffered: 0, dropped: 1))
    }

    @Test func `what another mailbox had is taken whatever the capacity, up to a limit, and counted`() {
        var mailbox = Machine(capacity: 1, policy: .block)
        let adopted = ["a", "b", "c", "d"].map { mailbox.adopt($0, limit: 3)?.text }
        #expect(adopted == ["keep", "keep", "keep", nil])
        #expect(mailbox.counts == counts(handed: 0, buffered: 3, dropped: 0))
        #expect(["a", "b", "c"].map { _ in mailbox.take().text } == ["take a", "take b", "take c"])
        #expect(mailbox.counts == counts(handed: 3, buffered: 0, dropped: 0))
        #expect(mailbox.take(orQueue: 1).text == "queued")
        let handed = mailbox.adopt("e", limit: 3)
        #expect(handed?.text == "hand to 1")
    }

    @Test func `what is parked counts once it is admitted, and what is withdrawn never does`() throws {
        var mailbox = Machine(capacity: 1, policy: .block)
        #expect(mailbox.offer("a").text == "keep")
        #expect(mailbox.park("b", for: 1).text == "parked")
        let second = mailbox.park("c", for: 2)
        let place = try #require(second.place)
        #expect(mailbox.counts == counts(handed: 0, buffered: 1, dropped: 0))
        #expect([mailbox.withdraw(place), mailbox.withdraw(place)] == ["c", nil])
        #expect(mailbox.take().text == "take a, admit b of 1")
        #expect(mailbox.counts == counts(handed: 1, buffered: 1, dropped: 0))
    }

    private func counts(handed: Int, buffered: Int, dropped: Int) -> SubscriptionCounts {
        var counts = SubscriptionCounts()
        (counts.handed, counts.buffered, counts.dropped) = (handed, buffered, dropped)
        return counts
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

extension MailboxStateMachine<String, Int, Int>.ParkAction {
    fileprivate var text: String {
        switch self {
        case .park: "parked"
        case .settle(let action): action.text
        }
    }

    fileprivate var place: MailboxStateMachine<String, Int, Int>.ParkingPlace? {
        if case .park(let place) = self { place } else { nil }
    }
}

extension MailboxStateMachine<String, Int, Int>.TakeAction {
    fileprivate var place: MailboxStateMachine<String, Int, Int>.ConsumerPlace? {
        if case .queued(let place) = self { place } else { nil }
    }

    fileprivate var text: String {
        switch self {
        case .take(let element): "take \(element)"
        case .takeAndAdmit(let element, let parked): "take \(element), admit \(parked.element) of \(parked.publisher)"
        case .wait: "wait"
        case .queued: "queued"
        case .finished: "finished"
        }
    }
}
