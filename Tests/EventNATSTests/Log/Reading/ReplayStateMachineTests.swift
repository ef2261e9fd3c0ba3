import EventCore
import Testing

@testable import EventNATS

@Suite struct ReplayStateMachineTests {
    private let now = ContinuousClock.now

    private func mark(_ consumer: UInt64, _ stream: UInt64) -> DeliveryMark {
        let text = "$JS.ACK.s.c.1.\(stream).\(consumer).0.0"
        guard let mark = DeliveryMark(reply: Array(text.utf8)) else { preconditionFailure("no mark: \(text)") }
        return mark
    }

    @Test func `what comes in order is delivered`() {
        var machine = ReplayStateMachine(from: .beginning)
        #expect(machine.begin(1) == .beginning)
        #expect(machine.arrived(mark(1, 5), from: 1, now: now) == .deliver)
        machine.began(delivered: 0, now: now)
        #expect(machine.arrived(mark(2, 9), from: 1, now: now) == .deliver)
        #expect(machine.lastSequence == 9)
    }

    @Test func `a gap makes a new consumer behind the last one, and late ones of the old do not count`() {
        var machine = ReplayStateMachine(from: .sequence(3))
        #expect(machine.begin(1) == .sequence(3))
        machine.began(delivered: 2, now: now)
        #expect(machine.arrived(mark(1, 3), from: 1, now: now) == .deliver)
        #expect(machine.arrived(mark(3, 5), from: 1, now: now) == .restart)
        #expect(machine.begin(2) == .sequence(4))
        #expect(machine.arrived(mark(4, 6), from: 1, now: now) == .ignore)
        #expect(machine.arrived(mark(1, 4), from: 2, now: now) == .deliver)
        #expect(machine.arrived(mark(1, 4), from: 2, now: now) == .ignore)
    }

    @Test func `what the log has already is not delivered again`() {
        var machine = ReplayStateMachine(from: .beginning)
        _ = machine.begin(1)
        #expect(machine.arrived(mark(1, 7), from: 1, now: now) == .deliver)
        _ = machine.begin(2)
        #expect(machine.arrived(mark(1, 7), from: 2, now: now) == .ignore)
        #expect(machine.arrived(mark(2, 8), from: 2, now: now) == .deliver)
    }

    @Test func `a server that has sent more than has come, or is silent, is asked anew`() {
        var machine = ReplayStateMachine(from: .beginning)
        _ = machine.begin(1)
        #expect(!machine.isSilent(now: now + .seconds(100)))
        machine.began(delivered: 0, now: now)
        #expect(machine.arrived(mark(1, 1), from: 1, now: now) == .deliver)
        let heard = [(1, 1), (2, 1), (9, 0)].map { machine.heard(sent: $0, from: $1, now: now) }
        #expect(heard == [false, true, false])
        #expect(!machine.isSilent(now: now + .seconds(4)))
        #expect(machine.isSilent(now: now + .seconds(6)))
    }

    @Test func `where only the new is wanted, a new consumer does not begin later than the first`() {
        var machine = ReplayStateMachine(from: .end)
        #expect(machine.begin(1) == .end)
        machine.began(delivered: 41, now: now)
        #expect(machine.begin(2) == .sequence(42))
    }
}
