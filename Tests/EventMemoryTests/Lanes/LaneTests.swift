import EventCore
import Testing

@testable import EventMemory

@Suite struct LaneTests {
    private func lane(capacity: Int = 8) -> Lane {
        Lane(cacheCapacity: capacity, changes: ChangeCounters())
    }

    private func makeMailbox(_ pattern: EventCore.Pattern, onEnd: (@Sendable (Mailbox) -> Void)? = nil) -> Mailbox {
        Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: pattern, capacity: 1, policy: .dropNewest, onEnd: onEnd)
    }

    private func add(
        _ pattern: EventCore.Pattern,
        to table: RoutingTable,
        onEnd: (@Sendable (Mailbox) -> Void)? = nil
    ) throws -> Mailbox {
        let mailbox = makeMailbox(pattern, onEnd: onEnd)
        try table.add(mailbox)
        return mailbox
    }

    // MARK: Ownership

    @Test func `a lane has one owner at a time`() {
        let lane = lane()
        #expect(lane.take())
        #expect(!lane.take())
        lane.release()
        #expect(lane.take())
    }

    @Test func `the table gives every lane to one owner, and then none`() {
        let table = RoutingTable(cacheCapacity: 8)
        let taken = table.lanes.map { _ in unsafe (table.takeLane()?.takeUnretainedValue()).map(ObjectIdentifier.init) }
        #expect(Set(taken) == Set(table.lanes.map(ObjectIdentifier.init)))
        #expect(unsafe table.takeLane() == nil)
        table.lanes[1].release()
        #expect(unsafe table.takeLane()?.takeUnretainedValue() === table.lanes[1])
    }

    // MARK: Routes

    @Test("a lane remembers as many routes as it is allowed to", arguments: [(0, 0), (1, 1), (2, 2), (8, 2)])
    func capacity(_ capacity: Int, _ remembered: Int) throws {
        let table = RoutingTable(cacheCapacity: capacity)
        let mailbox = try add(">", to: table)
        #expect(table.lanes[0].take())
        // The route of a subject that is remembered is the very same the next time.
        func route(_ subject: Subject) -> Route? {
            unsafe table.lanes[0].route(of: Envelope(subject: subject), orMatchIn: table)?.takeUnretainedValue()
        }
        let first = (["a", "b"] as [Subject]).map { route($0) }
        let again = (["b", "a"] as [Subject]).map { route($0) }
        let same = zip(first.reversed(), again).count { old, new in old != nil && old === new }
        #expect(same == remembered)
        if capacity > 0 { #expect(first.allSatisfy { $0?.mailboxes == [mailbox] }) }
    }

    @Test("mailboxes that ended are let go after some changes, from every lane", arguments: ["comes", "goes"])
    func purges(_ change: String) throws {
        let table = RoutingTable(cacheCapacity: 8)
        let count = 64 * table.lanes.count
        let others = try (change == "goes" ? 0..<count : 0..<0).map { _ in try add("b", to: table) }
        weak var ended: Mailbox?
        do {
            let mailbox = try add("a", to: table) { table.remove($0) }
            ended = mailbox
            for lane in table.lanes {
                #expect(lane.take())
                #expect(unsafe lane.route(of: Envelope(subject: "a"), orMatchIn: table) != nil)
                lane.release()
            }
            mailbox.close(.closed)
        }
        #expect(ended != nil)
        for other in others { table.remove(other) }
        if others.isEmpty {
            for _ in 0..<count { _ = try add("b", to: table) }
        }
        #expect(ended == nil)
    }

    @Test func `a lane that is taken keeps its routes, for its owner reads them`() throws {
        let table = RoutingTable(cacheCapacity: 8)
        let mailbox = try add("a", to: table)
        let lane = table.lanes[0]
        #expect(lane.take())
        let route = unsafe lane.route(of: Envelope(subject: "a"), orMatchIn: table)
        weak let held = unsafe route?.takeUnretainedValue()
        table.remove(mailbox)
        lane.purge()
        #expect(held != nil)
        lane.release()
        lane.purge()
        #expect(held == nil)
    }

    // MARK: Counting

    @Test func `drops are counted whoever counts them`() {
        let lane = lane()
        lane.countDroppedAsOwner(2)
        lane.countDropped(3)
        lane.countDroppedAsOwner(4)
        #expect(lane.droppedCount == 9)
    }
}
