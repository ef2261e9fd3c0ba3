import Testing

@testable import EventZMQ

@Suite struct ResolutionStateMachineTests {
    private var now: ContinuousClock.Instant
    private var machine: ResolutionStateMachine

    init() {
        now = .now
        machine = ResolutionStateMachine(now: now)
    }

    private mutating func pass(_ duration: Duration) -> [ResolutionStateMachine.Action] {
        now += duration
        return machine.tick(now)
    }

    private mutating func resolved(_ addresses: String...) -> [ResolutionStateMachine.Action] {
        machine.resolved(addresses, now: now)
    }

    private mutating func failed(_ reason: String = "unknown") -> [ResolutionStateMachine.Action] {
        machine.failed(reason, now: now)
    }

    @Test mutating func `a name is looked up at once and its first address connected to`() {
        #expect(machine.deadline == now)
        #expect(pass(.zero) == [.lookUp])
        #expect(machine.deadline == nil)
        #expect(pass(.seconds(100)) == [])
        #expect(resolved("1.1.1.1", "2.2.2.2") == [.connect("1.1.1.1")])
        machine.connected()
        #expect(machine.deadline == nil)
        #expect(pass(.seconds(1000)) == [])
    }

    @Test mutating func `after a failure it is looked up again, later each time, and it is told once`() {
        _ = pass(.zero)
        var expected = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30].map { Duration.seconds($0) }
        #expect(failed("no such host") == [.tell("no such host")])
        while !expected.isEmpty {
            let delay = expected.removeFirst()
            #expect(machine.deadline == now + delay)
            #expect(pass(delay - .milliseconds(1)) == [])
            #expect(pass(.milliseconds(1)) == [.lookUp])
            #expect(failed("another reason") == [])
        }
        #expect(pass(.seconds(30)) == [.lookUp])
        #expect(resolved("1.1.1.1") == [.connect("1.1.1.1")])
        #expect(pass(.seconds(10)) == [.lookUp])
        #expect(failed("again") == [.tell("again")])
        #expect(machine.deadline == now + .milliseconds(250))
    }

    @Test mutating func `addresses that lead nowhere take turns`() {
        _ = pass(.zero)
        #expect(resolved("1.1.1.1", "2.2.2.2", "3.3.3.3") == [.connect("1.1.1.1")])
        for next in ["2.2.2.2", "3.3.3.3", "1.1.1.1"] {
            #expect(pass(.seconds(9.9)) == [])
            #expect(pass(.seconds(0.1)) == [.lookUp])
            #expect(resolved("1.1.1.1", "2.2.2.2", "3.3.3.3") == [.connect(next)])
        }
    }

    @Test mutating func `the same single address is left alone, another one is connected to`() {
        _ = pass(.zero)
        _ = resolved("1.1.1.1")
        #expect(pass(.seconds(10)) == [.lookUp])
        #expect(resolved("1.1.1.1") == [])
        #expect(pass(.seconds(10)) == [.lookUp])
        #expect(resolved("9.9.9.9") == [.connect("9.9.9.9")])
    }

    @Test mutating func `a connection that is lost and not back after a while is looked up again`() {
        _ = pass(.zero)
        _ = resolved("1.1.1.1")
        machine.connected()
        machine.disconnected(now: now)
        #expect(pass(.seconds(5)) == [])
        machine.disconnected(now: now)
        #expect(pass(.seconds(5)) == [.lookUp])
        #expect(resolved("2.2.2.2") == [.connect("2.2.2.2")])
    }

    @Test mutating func `a connection that is back in time is not looked up`() {
        _ = pass(.zero)
        _ = resolved("1.1.1.1")
        machine.connected()
        machine.disconnected(now: now)
        _ = pass(.seconds(9))
        machine.connected()
        #expect(pass(.seconds(9)) == [] && machine.deadline == nil)
    }

    @Test mutating func `an answer that comes when the connection is back changes nothing`() {
        _ = pass(.zero)
        _ = resolved("1.1.1.1")
        #expect(pass(.seconds(10)) == [.lookUp])
        machine.connected()
        #expect(resolved("2.2.2.2") == [])
        machine.disconnected(now: now)
        #expect(pass(.seconds(10)) == [.lookUp])
        machine.connected()
        #expect(failed() == [.tell("unknown")])
        #expect(machine.deadline == nil)
    }
}
