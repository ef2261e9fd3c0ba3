import Testing

@testable import EventZMQ

@Suite struct ConfirmationStateMachineTests {
    typealias Machine = ConfirmationStateMachine<String>

    /// A machine with a timeout of 2 s, and a clock to go with it.
    private struct Run {
        var now = ContinuousClock.now
        var machine: Machine

        init(connecting: [Int] = [], bound: [Int] = []) {
            machine = Machine(timeout: .seconds(2), now: now)
            for link in connecting { machine.add(link, connects: true) }
            for link in bound { machine.add(link, connects: false) }
        }

        mutating func establish(_ link: Int, over descriptor: Int32) -> [Machine.Action] {
            machine.handle(.opened(descriptor), on: link, now: now)
                + machine.handle(.established, on: link, now: now)
        }

        mutating func event(_ event: MonitorEvent, on link: Int) -> [Machine.Action] {
            machine.handle(event, on: link, now: now)
        }

        mutating func answer(_ round: UInt64, on link: Int, over descriptor: Int32) -> [Machine.Action] {
            machine.answered(round, on: link, over: descriptor, now: now)
        }

        mutating func subscribe(_ waiter: String) -> [Machine.Action] {
            machine.changed()
            return wait(waiter)
        }

        mutating func wait(_ waiter: String) -> [Machine.Action] {
            machine.wait(waiter, id: UInt64(waiter.count), now: now)
        }

        mutating func pass(_ duration: Duration) -> [Machine.Action] {
            now += duration
            return machine.tick(now)
        }
    }

    @Test func `without publishers nobody waits`() {
        var run = Run(bound: [0])
        #expect(run.subscribe("a") == [.resume("a", unconfirmed: 0)])
        #expect(run.machine.deadline == nil)
    }

    @Test func `a subscription waits for the answer of every publisher`() {
        var run = Run(connecting: [0, 1])
        #expect(run.establish(0, over: 10) == [.begin(1)])
        #expect(run.answer(1, on: 0, over: 10) == [.end(1)])
        #expect(run.establish(1, over: 11) == [.begin(2)])
        #expect(run.answer(2, on: 1, over: 11) == [.end(2)])
        #expect(run.subscribe("a") == [.begin(3)])
        #expect(run.answer(3, on: 0, over: 10) == [])
        #expect(run.answer(3, on: 1, over: 11) == [.resume("a", unconfirmed: 0), .end(3)])
        #expect(run.wait("same prefix") == [.resume("same prefix", unconfirmed: 0)])
    }

    @Test func `the answer to a round stands for the rounds before`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.answer(1, on: 0, over: 10)
        #expect(run.subscribe("a") == [.begin(2)])
        #expect(run.subscribe("bb") == [.begin(3)])
        #expect(
            run.answer(3, on: 0, over: 10)
                == [.resume("a", unconfirmed: 0), .resume("bb", unconfirmed: 0), .end(2), .end(3)]
        )
    }

    @Test func `an unanswered round is followed by others, and the wait ends at its deadline`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.answer(1, on: 0, over: 10)
        #expect(run.subscribe("a") == [.begin(2)])
        #expect(run.pass(.milliseconds(99)) == [])
        #expect(run.pass(.milliseconds(1)) == [.begin(3)])
        #expect(run.pass(.milliseconds(200)) == [.begin(4)])
        #expect(run.pass(.seconds(2)).first == .resume("a", unconfirmed: 1))
        #expect(run.machine.deadline == nil)
        #expect(run.wait("again") == [.begin(5)])
    }

    @Test func `a publisher that never answers is not waited for twice`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        #expect(run.subscribe("a") == [.begin(2)])
        #expect(run.pass(.seconds(2)).contains(.resume("a", unconfirmed: 1)))
        #expect(run.subscribe("b") == [.resume("b", unconfirmed: 0), .begin(3)])
        #expect(run.machine.deadline == nil)
        #expect(run.establish(0, over: 11) == [.begin(4)])
        #expect(run.subscribe("c") == [.begin(5)])
        #expect(run.answer(5, on: 0, over: 11) == [.resume("c", unconfirmed: 0)])
    }

    @Test func `a publisher that could not answer for a while is waited for when it can`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.subscribe("a")
        #expect(run.pass(.seconds(2)).contains(.resume("a", unconfirmed: 1)))
        #expect(run.subscribe("b").contains(.begin(3)))
        #expect(run.answer(3, on: 0, over: 10).contains(.end(3)))
        #expect(run.subscribe("c") == [.begin(4)])
        #expect(run.answer(4, on: 0, over: 10) == [.resume("c", unconfirmed: 0), .end(4)])
    }

    @Test func `a publisher that does not answer when nobody waits is still waited for`() {
        var run = Run(bound: [0])
        #expect(run.establish(0, over: 10) == [.begin(1)])
        #expect(run.pass(.seconds(2)).allSatisfy { $0 == .end(1) })
        #expect(run.machine.deadline == nil)
        #expect(run.subscribe("a") == [.begin(2)])
    }

    @Test func `a publisher to connect to is waited for while the bus is young`() {
        var run = Run(connecting: [0])
        #expect(run.subscribe("a") == [])
        #expect(run.establish(0, over: 10) == [.begin(1)])
        #expect(run.answer(1, on: 0, over: 10) == [.resume("a", unconfirmed: 0), .end(1)])
    }

    @Test func `a publisher that does not come in that time is reported once`() {
        var run = Run(connecting: [0])
        _ = run.pass(.seconds(1))
        #expect(run.subscribe("a") == [])
        #expect(run.machine.deadline == run.now + .seconds(1))
        #expect(run.pass(.seconds(1)) == [.resume("a", unconfirmed: 1)])
        #expect(run.subscribe("b") == [.resume("b", unconfirmed: 0)])
    }

    @Test func `after a reconnection the new connection has to answer`() {
        var run = Run(connecting: [0])
        _ = run.establish(0, over: 10)
        #expect(run.subscribe("a").contains(.begin(2)))
        _ = run.answer(2, on: 0, over: 10)
        #expect(run.event(.disconnected(10), on: 0) == [])
        #expect(run.establish(0, over: 10) == [.begin(3)])
        #expect(run.wait("b") == [])
        #expect(run.answer(2, on: 0, over: 10) == [])
        #expect(run.answer(3, on: 0, over: 10) == [.resume("b", unconfirmed: 0), .end(3)])
    }

    @Test func `who fails the handshake is not waited for`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.answer(1, on: 0, over: 10)
        #expect(run.event(.opened(11), on: 0) == [])
        #expect(run.event(.refused(1), on: 0) == [])
        #expect(run.event(.disconnected(11), on: 0) == [])
        #expect(run.subscribe("a") == [.begin(2)])
        #expect(run.answer(2, on: 0, over: 10) == [.resume("a", unconfirmed: 0), .end(2)])
    }

    @Test func `who leaves while it is waited for lets the others go on`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.establish(0, over: 11)
        _ = run.subscribe("a")
        #expect(run.answer(3, on: 0, over: 10) == [])
        #expect(run.event(.disconnected(11), on: 0).contains(.resume("a", unconfirmed: 0)))
    }

    @Test func `answers of strangers, from the past and from the future count for nothing`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        _ = run.subscribe("a")
        #expect(run.answer(2, on: 0, over: 99) == [])
        #expect(run.answer(2, on: 7, over: 10) == [])
        #expect(run.answer(0, on: 0, over: 10) == [])
        #expect(run.answer(.max, on: 0, over: 10) == [])
    }

    @Test func `there are never many rounds at once`() {
        var run = Run(bound: [0])
        _ = run.establish(0, over: 10)
        var open = 1
        for number in 1...100 {
            for action in run.subscribe(String(repeating: "x", count: number)) + run.pass(.milliseconds(10)) {
                switch action {
                case .begin: open += 1
                case .end: open -= 1
                case .resume: break
                }
            }
            #expect(open <= 8)
        }
    }

    @Test func `a waiter that is forgotten is not resumed`() {
        var run = Run(connecting: [0])
        _ = run.subscribe("a")
        #expect(run.machine.forget(1) == "a")
        #expect(run.machine.forget(1) == nil)
        #expect(run.pass(.seconds(5)) == [])
        _ = run.establish(0, over: 10)
        _ = run.subscribe("bb")
        #expect(run.machine.forgetAll() == ["bb"])
    }

    @Test func `a replaced socket has to prove itself again`() {
        var run = Run(connecting: [0])
        _ = run.establish(0, over: 10)
        _ = run.answer(1, on: 0, over: 10)
        #expect(run.machine.reset(0, now: run.now) == [])
        #expect(run.subscribe("a") == [])
        #expect(run.establish(0, over: 10) == [.begin(2)])
        #expect(run.answer(2, on: 0, over: 10) == [.resume("a", unconfirmed: 0), .end(2)])
    }
}
