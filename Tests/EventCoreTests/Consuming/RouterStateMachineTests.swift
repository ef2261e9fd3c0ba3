import Testing

@testable import EventCore

@Suite struct RouterStateMachineTests {
    private typealias Place = RouterStateMachine.Place

    private let places = [Place(route: 0, bus: 0, pattern: 0), Place(route: 0, bus: 0, pattern: 1)]

    /// One handler with two patterns, on one bus.
    private func machine() -> RouterStateMachine {
        var machine = RouterStateMachine()
        machine.addBus()
        machine.addRoute(patterns: 2, ownBuses: nil)
        return machine
    }

    @Test func `each pattern is missing on each bus, until it was subscribed`() {
        var machine = machine()
        #expect(machine.missing == places)
        machine.opened(places)
        #expect(machine.missing == [])
        machine.addBus()
        #expect(machine.missing == [Place(route: 0, bus: 1, pattern: 0), Place(route: 0, bus: 1, pattern: 1)])
        machine.gave(up: Place(route: 0, bus: 1, pattern: 0))
        #expect(machine.missing == [Place(route: 0, bus: 1, pattern: 1)])
    }

    @Test func `a handler with buses of its own is missing on those`() {
        var machine = RouterStateMachine()
        machine.addBus()
        machine.addRoute(patterns: 1, ownBuses: 2)
        #expect(machine.missing.map(\.bus) == [0, 1])
        machine.addRoute(patterns: 1, ownBuses: 0)
        #expect(machine.missing.count == 2)
    }

    @Test func `a run reads what is open, waits, and is done when all has ended`() {
        var machine = machine()
        #expect(machine.begin() == true)
        #expect(machine.begin() == false)
        machine.opened(places)
        #expect(machine.next() == .read(places))
        #expect(machine.next() == .wait)
        machine.ended(places[0])
        #expect(machine.next() == .wait)
        machine.ended(places[1])
        #expect(machine.next() == .finish)
        machine.end()
        #expect(machine.missing == places)
        #expect(machine.begin() == true)
    }

    @Test func `what is added during a run has to be opened`() {
        var machine = machine()
        #expect(machine.begin() == true)
        machine.opened(places)
        machine.addBus()
        #expect(machine.next() == .open)
        #expect(machine.next() == .read(places))
        machine.addRoute(patterns: 1, ownBuses: nil)
        #expect(machine.next() == .open)
        #expect(machine.next() == .wait)
    }

    @Test func `a run that stops opens nothing more`() {
        var machine = machine()
        machine.stop()
        #expect(!machine.isStopping)
        #expect(machine.begin() == true)
        machine.opened(places)
        machine.addBus()
        machine.stop()
        #expect(machine.missing == [])
        #expect(machine.next() == .read(places))
        for place in places { machine.ended(place) }
        #expect(machine.next() == .finish)
    }

    @Test func `a run without anything to read is done`() {
        var machine = RouterStateMachine()
        #expect(machine.begin() == true)
        #expect(machine.next() == .finish)
    }
}
