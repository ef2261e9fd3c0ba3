import Testing

@testable import EventTransport

@Suite struct ConfirmationStateMachineTests {
    typealias Machine = ConfirmationStateMachine<String>

    /// A machine with a timeout of 2 s, and a clock to go with it.
    private struct Run {
        var now = ContinuousClock.now
        var machine: Machine
        var lastID: UInt64 = 0

        init(connecting: [Int] = [], bound: [Int] = []) {
            machine = Machine(timeout: .seconds(2), now: now)
            for link in connecting { machine.add(link, connects: true) }
            for link in bound { machine.add(link, connects: false) }
        }

        /// A bus has connected and told its id.
        mutating func meet(_ id: String, on link: Int = 0, over connection: Int32, count: Int = 1) -> [Machine.Action] {
            machine.established(count, on: link, now: now) + machine.greeted(by: id, on: link, over: connection)
        }

        mutating func confirm(_ incarnations: UInt64..., on link: Int = 0, over connection: Int32) -> [Machine.Action] {
            machine.confirmed(incarnations, on: link, over: connection)
        }

        mutating func wait(_ waiter: String, for incarnation: UInt64, limit: Duration? = nil) -> [Machine.Action] {
            lastID += 1
            return machine.wait(waiter, id: lastID, incarnation: incarnation, limit: limit, now: now)
        }

        mutating func pass(_ duration: Duration) -> [Machine.Action] {
            now += duration
            return machine.tick(now)
        }
    }

    @Test func `without publishers nobody waits`() {
        var run = Run(bound: [0])
        #expect(run.wait("a", for: 1) == [.resume("a", confirmed: [], missing: [])])
        #expect(run.machine.deadline == nil)
    }

    @Test func `a subscription waits for every publisher`() {
        var run = Run(connecting: [0, 1])
        #expect(run.meet("p", on: 0, over: 10) == [])
        #expect(run.meet("q", on: 1, over: 11) == [])
        #expect(run.wait("a", for: 1) == [])
        #expect(run.confirm(1, on: 0, over: 10) == [])
        let both: [Machine.Publisher] = [.bus(link: 0, id: "p"), .bus(link: 1, id: "q")]
        #expect(run.confirm(1, on: 1, over: 11) == [.resume("a", confirmed: both, missing: [])])
        #expect(run.wait("again", for: 1) == [.resume("again", confirmed: both, missing: [])])
        #expect(run.wait("another", for: 2) == [])
    }

    @Test func `several announcements that are confirmed at once resume all who wait, in the order they came`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        for number in 1...3 { #expect(run.wait("\(number)", for: UInt64(number % 2)) == []) }
        let bus: [Machine.Publisher] = [.bus(link: 0, id: "p")]
        #expect(
            run.confirm(1, 0, 7, over: 10)
                == ["1", "3", "2"].map { .resume($0, confirmed: bus, missing: []) }
        )
    }

    @Test func `a bus that does not answer is missing, each time`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        for waiter in ["a", "b"] {
            #expect(run.wait(waiter, for: 1) == [])
            #expect(run.pass(.milliseconds(1999)) == [])
            #expect(run.machine.deadline == run.now + .milliseconds(1))
            let missing: [Machine.Publisher] = [.bus(link: 0, id: "p")]
            #expect(run.pass(.milliseconds(1)) == [.resume(waiter, confirmed: [], missing: missing)])
            #expect(run.machine.deadline == nil)
        }
    }

    @Test func `a publisher that has told nothing is not waited for twice`() {
        var run = Run(bound: [0])
        #expect(run.machine.established(1, on: 0, now: run.now) == [])
        #expect(run.wait("a", for: 1) == [])
        #expect(run.pass(.seconds(2)) == [.resume("a", confirmed: [], missing: [.unknown(link: 0)])])
        #expect(run.wait("b", for: 2) == [.resume("b", confirmed: [], missing: [])])
    }

    @Test func `a silent publisher that speaks is waited for, and so is another one that comes`() {
        var run = Run(bound: [0])
        _ = run.machine.established(1, on: 0, now: run.now)
        _ = run.wait("a", for: 1)
        _ = run.pass(.seconds(2))
        #expect(run.machine.greeted(by: "p", on: 0, over: 10) == [])
        #expect(run.wait("b", for: 2) == [])
        #expect(run.confirm(2, over: 10) == [.resume("b", confirmed: [.bus(link: 0, id: "p")], missing: [])])
        _ = run.machine.established(2, on: 0, now: run.now)
        #expect(run.wait("c", for: 2) == [])
    }

    @Test func `who came while somebody waited is not silent yet`() {
        var run = Run(bound: [0])
        _ = run.machine.established(1, on: 0, now: run.now)
        _ = run.wait("a", for: 1)
        #expect(run.pass(.milliseconds(1999)) == [])
        _ = run.machine.established(2, on: 0, now: run.now)
        let unknown: [Machine.Publisher] = [.unknown(link: 0), .unknown(link: 0)]
        #expect(run.pass(.milliseconds(1)) == [.resume("a", confirmed: [], missing: unknown)])
        #expect(run.wait("b", for: 1) == [])
    }

    @Test func `all whose time is up are told who is missing, and the others do not wait for the silent any more`() {
        var run = Run(bound: [0])
        _ = run.machine.established(1, on: 0, now: run.now)
        _ = run.wait("a", for: 1)
        _ = run.wait("b", for: 1)
        _ = run.wait("c", for: 1, limit: .seconds(9))
        let missing = ["a", "b"].map { Machine.Action.resume($0, confirmed: [], missing: [.unknown(link: 0)]) }
        #expect(run.pass(.seconds(2)) == missing + [.resume("c", confirmed: [], missing: [])])
    }

    @Test func `whoever wants to wait less than usual makes nobody silent`() {
        var run = Run(bound: [0])
        _ = run.machine.established(1, on: 0, now: run.now)
        #expect(run.wait("a", for: 1, limit: .milliseconds(5)) == [])
        #expect(run.pass(.milliseconds(5)) == [.resume("a", confirmed: [], missing: [.unknown(link: 0)])])
        #expect(run.wait("b", for: 1) == [])
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func `without time nobody waits, and it is told what is known`(_ limit: Duration) {
        var run = Run(connecting: [0, 1])
        _ = run.meet("p", on: 0, over: 10)
        let missing: [Machine.Publisher] = [.bus(link: 0, id: "p"), .absent(link: 1)]
        #expect(run.wait("a", for: 1, limit: limit) == [.resume("a", confirmed: [], missing: missing)])
        _ = run.machine.established(1, on: 1, now: run.now)
        #expect(
            run.wait("b", for: 1, limit: limit)
                == [.resume("b", confirmed: [], missing: [.bus(link: 0, id: "p"), .unknown(link: 1)])]
        )
        #expect(run.wait("c", for: 1) == [])
    }

    @Test func `limits of their own end waits in the order of their deadlines`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        for limit in [30, 10, 20] { _ = run.wait("\(limit)", for: 1, limit: .milliseconds(limit)) }
        var order: [String] = []
        while let deadline = run.machine.deadline {
            for case .resume(let waiter, _, _) in run.pass(deadline - run.now) { order.append(waiter) }
        }
        #expect(order == ["10", "20", "30"])
    }

    @Test func `an endless limit is none that overflows`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        #expect(run.wait("a", for: 1, limit: .seconds(Int64.max)) == [])
        #expect(run.pass(.seconds(3600)) == [])
        #expect(run.confirm(1, over: 10).count == 1)
    }

    @Test func `a publisher to connect to is waited for while the bus is young`() {
        var run = Run(connecting: [0])
        #expect(run.wait("a", for: 1) == [])
        #expect(run.meet("p", over: 10) == [])
        #expect(run.confirm(1, over: 10) == [.resume("a", confirmed: [.bus(link: 0, id: "p")], missing: [])])
    }

    @Test func `a publisher that does not come in that time is told as absent, and not waited for any more`() {
        var run = Run(connecting: [0])
        _ = run.pass(.seconds(1))
        #expect(run.wait("a", for: 1) == [])
        #expect(run.machine.deadline == run.now + .seconds(1))
        #expect(run.pass(.seconds(1)) == [.resume("a", confirmed: [], missing: [.absent(link: 0)])])
        #expect(run.wait("b", for: 1) == [.resume("b", confirmed: [], missing: [])])
    }

    @Test func `whoever asks for more time than usual waits so long for those who are absent`() {
        var run = Run(connecting: [0])
        #expect(run.wait("a", for: 1, limit: .seconds(5)) == [])
        #expect(run.pass(.seconds(3)) == [])
        #expect(run.pass(.seconds(2)) == [.resume("a", confirmed: [], missing: [.absent(link: 0)])])
    }

    @Test func `after a reconnection the new connection has to confirm`() {
        var run = Run(connecting: [0])
        _ = run.meet("p", over: 10)
        _ = run.confirm(1, over: 10)
        #expect(run.machine.disconnected(10, on: 0) == [])
        #expect(run.machine.established(0, on: 0, now: run.now) == [])
        #expect(run.meet("p", over: 11) == [])
        #expect(run.wait("a", for: 1) == [])
        #expect(run.confirm(1, over: 10) == [])
        #expect(run.confirm(1, over: 11) == [.resume("a", confirmed: [.bus(link: 0, id: "p")], missing: [])])
    }

    @Test func `another bus on the same connection has to confirm for itself`() {
        var run = Run(connecting: [0])
        _ = run.meet("p", over: 10)
        _ = run.confirm(1, over: 10)
        #expect(run.machine.greeted(by: "q", on: 0, over: 10) == [])
        #expect(run.wait("a", for: 1) == [])
    }

    @Test func `who leaves while it is waited for lets the others go on`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10, count: 1)
        _ = run.meet("q", over: 11, count: 2)
        _ = run.wait("a", for: 1)
        #expect(run.confirm(1, over: 10) == [])
        #expect(run.machine.disconnected(11, on: 0) == [])
        let bus: [Machine.Publisher] = [.bus(link: 0, id: "p")]
        #expect(run.machine.established(1, on: 0, now: run.now) == [.resume("a", confirmed: bus, missing: [])])
    }

    @Test func `an announcement that was given up is not in effect any more`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        _ = run.confirm(1, over: 10)
        run.machine.released(1)
        #expect(run.wait("a", for: 1) == [])
    }

    @Test func `what strangers say counts for nothing`() {
        var run = Run(bound: [0])
        _ = run.meet("p", over: 10)
        _ = run.wait("a", for: 1)
        #expect(run.confirm(1, over: 99) == [])
        #expect(run.confirm(1, on: 7, over: 10) == [])
        #expect(run.machine.greeted(by: "q", on: 7, over: 10) == [])
        #expect(run.machine.established(3, on: 7, now: run.now) == [])
        #expect(run.machine.disconnected(99, on: 0) == [])
    }

    @Test func `a waiter that is forgotten is not resumed`() {
        var run = Run(connecting: [0])
        _ = run.wait("a", for: 1)
        #expect(run.machine.forget(1) == "a")
        #expect(run.machine.forget(1) == nil)
        #expect(run.machine.deadline == nil)
        #expect(run.pass(.seconds(1)) == [])
        _ = run.wait("b", for: 1)
        _ = run.wait("c", for: 2)
        #expect(Set(run.machine.forgetAll()) == ["b", "c"])
        #expect(run.machine.deadline == nil)
        #expect(run.pass(.seconds(5)) == [])
    }

    @Test func `a replaced socket has to prove itself again`() {
        var run = Run(connecting: [0])
        _ = run.meet("p", over: 10)
        _ = run.confirm(1, over: 10)
        #expect(run.machine.reset(0) == [])
        #expect(run.wait("a", for: 1) == [])
        #expect(run.meet("p", over: 10) == [])
        #expect(run.confirm(1, over: 10) == [.resume("a", confirmed: [.bus(link: 0, id: "p")], missing: [])])
    }

    /// Debug builds on a busy machine are slow; what grows with the square takes many times as long.
    @Test(arguments: [false, true])
    func `ten thousand who wait at once are soon resumed`(_ isEachForItself: Bool) {
        var run = Run(connecting: [0])
        _ = run.meet("p", over: 10)
        let count: UInt64 = 10_000
        let time = ContinuousClock().measure {
            for number in 1...count {
                // Later ones give up sooner.
                let limit = Duration.seconds(20) - .milliseconds(number)
                _ = run.wait("\(number)", for: isEachForItself ? number : 1, limit: limit)
            }
            #expect(run.machine.established(1, on: 0, now: run.now) == [])
            let incarnations = isEachForItself ? Array(1...count) : [1]
            #expect(run.machine.confirmed(incarnations, on: 0, over: 10).count == Int(count))
        }
        #expect(run.machine.deadline == nil)
        #expect(time < .seconds(30))
    }
}
