import Testing

@testable import EventZMQ

@Suite struct SupervisorStateMachineTests {
    @Test func `a loss that libzmq retries is left to it`() {
        let now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        machine.handle(.opened(5), now: now)
        machine.handle(.established, now: now)
        #expect(machine.deadline == nil)
        machine.handle(.disconnected(5), now: now)
        #expect(machine.deadline != nil)
        machine.handle(.retried, now: now)
        #expect(machine.deadline == nil)
        #expect(machine.tick(now + .seconds(60), jitter: 1) == nil)
    }

    @Test func `a peer that refuses is asked less and less often, until it accepts`() throws {
        var now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        var pauses: [Duration] = []
        func refuse() {
            for event in [MonitorEvent.opened(5), .refused(11), .disconnected(5), .retried] {
                machine.handle(event, now: now)
            }
        }
        refuse()
        refuse()
        #expect(machine.deadline == nil)
        for _ in 0..<7 {
            refuse()
            now = try #require(machine.deadline)
            #expect(machine.tick(now, jitter: 1) == .disconnect)
            machine.handle(.disconnected(5), now: now)
            let restartAt = try #require(machine.deadline)
            pauses.append(restartAt - now)
            now = restartAt
            #expect(machine.tick(now, jitter: 1) == .restart)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        machine.handle(.established, now: now)
        machine.handle(.disconnected(5), now: now)
        machine.handle(.retried, now: now)
        refuse()
        #expect(machine.deadline == nil)
    }

    @Test func `a loss without a retry is healed by a new socket`() throws {
        var now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        machine.handle(.established, now: now)
        machine.handle(.disconnected(5), now: now)
        now = try #require(machine.deadline)
        #expect(machine.tick(now, jitter: 1) == nil)
        let restartAt = try #require(machine.deadline)
        #expect(restartAt - now == .milliseconds(50))
        #expect(machine.tick(restartAt - .milliseconds(1), jitter: 1) == nil)
        #expect(machine.tick(restartAt, jitter: 1) == .restart)
        #expect(machine.deadline == nil)
    }

    @Test func `a failed handshake is healed when libzmq gives up`() {
        let now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        machine.handle(.opened(5), now: now)
        machine.handle(.refused(400), now: now)
        #expect(machine.deadline == nil)
        machine.handle(.disconnected(5), now: now)
        #expect(machine.deadline != nil)
    }

    @Test func `what comes in time keeps a socket`() throws {
        let now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        machine.handle(.disconnected(5), now: now)
        let decideAt = try #require(machine.deadline)
        #expect(machine.tick(decideAt, jitter: 1) == nil)
        machine.handle(.opened(6), now: decideAt)
        #expect(machine.tick(decideAt + .seconds(60), jitter: 1) == nil)
        machine.handle(.established, now: decideAt)
        machine.handle(.retried, now: decideAt)
        #expect(machine.deadline == nil)
    }

    @Test func `restarts that do not last come less and less often, down to every five seconds`() throws {
        var now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        var pauses: [Duration] = []
        for _ in 0..<10 {
            machine.handle(.established, now: now)
            machine.handle(.disconnected(5), now: now)
            now = try #require(machine.deadline)
            _ = machine.tick(now, jitter: 0)
            let restartAt = try #require(machine.deadline)
            pauses.append(restartAt - now)
            now = restartAt
            #expect(machine.tick(now, jitter: 0) == .restart)
        }
        #expect(pauses.first == .milliseconds(25))
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(pauses.last == .milliseconds(2500))
    }

    @Test func `a restart that fails is tried again, less and less often`() throws {
        var now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        machine.handle(.disconnected(5), now: now)
        var pauses: [Duration] = []
        for _ in 0..<4 {
            now = try #require(machine.deadline)
            #expect(machine.tick(now, jitter: 1) == nil)
            let restartAt = try #require(machine.deadline)
            pauses.append(restartAt - now)
            #expect(machine.tick(restartAt, jitter: 1) == .restart)
            machine.restartFailed(now: restartAt)
        }
        #expect(pauses == [.milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(400)])
    }

    @Test func `a connection that lasted makes the next restart quick again`() throws {
        var now = ContinuousClock.now
        var machine = SupervisorStateMachine()
        for lasting in [Duration.zero, .zero, .seconds(10)] {
            machine.handle(.established, now: now)
            now += lasting
            machine.handle(.disconnected(5), now: now)
            now = try #require(machine.deadline)
            _ = machine.tick(now, jitter: 1)
            let restartAt = try #require(machine.deadline)
            if lasting > .zero { #expect(restartAt - now == .milliseconds(50)) }
            now = restartAt
            _ = machine.tick(now, jitter: 1)
        }
    }
}
