import Testing

@testable import EventCore

@Suite struct GroupStateMachineTests {
    private typealias Machine = GroupStateMachine<Int, String, Int>

    private static func machine(_ members: Int..., choosy: [Int] = []) -> Machine {
        var machine = Machine()
        for member in members { machine.join(member, isChoosy: choosy.contains(member)) }
        return machine
    }

    @Test func `who waits goes before who has little to read, and that before who is full`() {
        var machine = Self.machine(1, 2, 3, 4)
        let loads: [Int: MemberLoad] = [1: .full(1), 2: .open(7), 3: .idle, 4: .ended]
        let first = machine.choose([]) { loads[$0] ?? .ended }
        #expect(first?.member == 3)
        _ = machine.leave(3)
        let second = machine.choose([]) { loads[$0] ?? .ended }
        #expect(second?.member == 2)
        _ = machine.leave(2)
        let third = machine.choose([]) { loads[$0] ?? .ended }
        #expect(third?.member == 1)
        #expect(third?.load == .full(1))
        _ = machine.leave(1)
        let last = machine.choose([]) { loads[$0] ?? .ended }
        #expect(last?.member == nil)
    }

    @Test func `members with as much to do take turns`() {
        var machine = Self.machine(1, 2, 3)
        let chosen = (0..<6).compactMap { _ in machine.choose([]) { _ in .idle }?.member }
        #expect(Set(chosen.prefix(3)) == [1, 2, 3])
        #expect(Array(chosen.prefix(3)) == Array(chosen.suffix(3)))
    }

    @Test("the only one that waits is found, wherever it stands and whoever's turn it is", arguments: 1...5)
    func idle(_ count: Int) {
        for idle in 0..<count {
            var machine = Machine()
            for member in 0..<count { machine.join(member, isChoosy: false) }
            let chosen = (0..<count).map { _ in machine.choose([]) { $0 == idle ? .idle : .open(1) }?.member }
            #expect(chosen == Array(repeating: idle, count: count))
        }
    }

    @Test func `who is choosy gets only what it asks for`() {
        var machine = Self.machine(1, 2, choosy: [2])
        let plain = machine.choose([]) { $0 == 2 ? .idle : .full(9) }
        #expect(plain?.member == 1)
        let asked = machine.choose([2]) { $0 == 2 ? .idle : .full(9) }
        #expect(asked?.member == 2)
        #expect(machine.taker([]) == 1)
    }

    @Test func `what waits goes in order to those that take it, and is abandoned with the last of them`() {
        var machine = Self.machine(1, 2, choosy: [1, 2])
        let first = machine.park("a", for: 7, [1])
        _ = machine.park("b", for: 8, [1, 2])
        #expect(machine.firstParked(for: 1)?.element == "a")
        #expect(machine.firstParked(for: 2)?.element == "b")
        #expect(machine.firstParked(for: 3)?.element == nil)
        let left = machine.leave(1)
        #expect(left.wasIn)
        #expect(left.abandoned.map(\.element) == ["a"])
        let again = machine.remove(first)
        #expect(again?.element == nil)
        let repeated = machine.leave(1)
        #expect(!repeated.wasIn)
        let last = machine.leave(2)
        #expect(last.abandoned.map(\.publisher) == [8])
        #expect(!machine.hasParked)
    }
}
