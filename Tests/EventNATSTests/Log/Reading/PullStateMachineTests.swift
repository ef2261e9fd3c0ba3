import EventCore
import Testing

@testable import EventNATS

@Suite struct PullStateMachineTests {
    private typealias Machine = PullStateMachine<String, Int>
    private let now = ContinuousClock.now

    private func machine(ahead: Int, expected: Int? = nil) -> Machine {
        Machine(ahead: ahead, expected: expected, acknowledgementWait: .seconds(30), now: now)
    }

    /// What a reader is told, in words.
    private func next(_ machine: inout Machine, _ waiter: Int, after time: Duration = .zero) -> String {
        switch machine.next(UInt64(waiter), waiter, now: now + time) {
        case .hand(let item): item
        case .wait: "wait"
        case .end(let error): "end \(error.map { "\($0)" } ?? "")"
        }
    }

    /// What becomes of an envelope whose text is its number.
    private func arrive(
        _ machine: inout Machine,
        _ sequence: UInt64,
        _ item: String? = nil,
        isAgain: Bool = false,
        round: UInt64 = 1
    ) -> String {
        let action = machine.arrived(
            item ?? "\(sequence)",
            sequence,
            reply: Array("\(item ?? "\(sequence)")".utf8),
            isAgain: isAgain,
            from: round,
            now: now
        )
        return switch action {
        case .hand(let waiter): "to \(waiter)"
        case .keep: "keep"
        case .giveBack: "give back"
        }
    }

    @Test func `without reading ahead one is asked for when somebody waits, and not before`() {
        var machine = machine(ahead: 1)
        let before = machine.ask(now: now)
        let waits = next(&machine, 1)
        let (asked, again) = (machine.ask(now: now), machine.ask(now: now))
        let arrival = arrive(&machine, 1)
        let after = machine.ask(now: now)
        #expect(before == nil)
        #expect(waits == "wait")
        #expect(asked == 1)
        #expect(again == nil)
        #expect(arrival == "to 1")
        #expect(after == nil)
    }

    @Test func `reading ahead asks in large pieces, and never for more than there is room for`() {
        var machine = machine(ahead: 11)
        var asked = [machine.ask(now: now)]
        for number in 1...10 { _ = arrive(&machine, UInt64(number)) }
        for waiter in 1...4 { _ = next(&machine, waiter) }
        asked.append(machine.ask(now: now))
        _ = next(&machine, 5)
        asked.append(machine.ask(now: now))
        #expect(asked == [10, nil, 5])
    }

    @Test func `no more is asked for than is going to be taken out`() {
        var machine = machine(ahead: 100, expected: 3)
        _ = next(&machine, 1)
        let asked = machine.ask(now: now)
        for number in 1...3 { _ = arrive(&machine, UInt64(number)) }
        let taken = [next(&machine, 2), next(&machine, 3)]
        let more = machine.ask(now: now)
        _ = next(&machine, 4)
        let late = machine.ask(now: now)
        #expect(asked == 3)
        #expect(taken == ["2", "3"])
        #expect(more == nil)
        #expect(late == 1)
    }

    @Test func `a copy of what waits takes its place, and the newer answer counts`() {
        var machine = machine(ahead: 4)
        _ = machine.ask(now: now)
        let arrivals = [
            arrive(&machine, 1), arrive(&machine, 2), arrive(&machine, 1, "1 again", isAgain: true),
        ]
        let upkeep = machine.upkeep(now: now + .seconds(10))
        let taken = [next(&machine, 1), next(&machine, 2), next(&machine, 3)]
        #expect(arrivals == ["keep", "keep", "keep"])
        #expect(upkeep.extended == ["1 again", "2"].map { Array($0.utf8) })
        #expect(taken == ["1 again", "2", "wait"])
    }

    @Test func `what waits is kept alive, and given back when nobody reads`() {
        var machine = machine(ahead: 3)
        _ = machine.ask(now: now)
        _ = arrive(&machine, 1)
        let counts = [9, 10, 11, 20].map { machine.upkeep(now: now + .seconds($0)).extended.count }
        let last = machine.upkeep(now: now + .seconds(301))
        let again = machine.upkeep(now: now + .seconds(302))
        let abandoned = machine.ask(now: now + .seconds(302))
        let waits = next(&machine, 1, after: .seconds(303))
        let asked = machine.ask(now: now + .seconds(303))
        #expect(counts == [0, 1, 0, 1])
        #expect(last.givenBack == [Array("1".utf8)])
        #expect(last.extended.isEmpty)
        #expect(again.givenBack.isEmpty)
        #expect(abandoned == nil)
        #expect(waits == "wait")
        #expect(asked == 3)
    }

    @Test func `who waits for long has not gone away`() {
        var machine = machine(ahead: 3)
        _ = next(&machine, 1)
        _ = machine.ask(now: now)
        _ = machine.upkeep(now: now + .seconds(1000))
        machine.expired(3, from: 1)
        let asked = machine.ask(now: now + .seconds(1000))
        #expect(asked == 3)
    }

    @Test func `what the server forgets is asked for anew, and late ones of an earlier round do not count`() {
        var machine = machine(ahead: 3)
        let first = machine.ask(now: now)
        let overdue = [6, 8].map { machine.isOverdue(now: now + .seconds($0)) }
        machine.beginRound(after: .milliseconds(250), now: now)
        let early = machine.ask(now: now)
        let second = machine.ask(now: now + .milliseconds(250))
        machine.expired(2, from: 1)
        machine.leftOut(from: 1)
        let late = arrive(&machine, 7, round: 1)
        #expect(first == 2)
        #expect(overdue == [false, true])
        #expect(early == nil)
        #expect(second == 2)
        #expect(late == "keep")
        #expect(machine.outstanding == 2)
    }

    @Test func `at its end those who wait go, and what waits is given back`() {
        var machine = machine(ahead: 3)
        _ = machine.ask(now: now)
        _ = arrive(&machine, 1)
        let end = machine.finish(.busClosed)
        let arrival = arrive(&machine, 2)
        let answer = next(&machine, 1)
        let asked = machine.ask(now: now)
        #expect(end.givenBack == [Array("1".utf8)])
        #expect(arrival == "give back")
        #expect(answer == "end the bus is closed")
        #expect(asked == nil)
    }
}
