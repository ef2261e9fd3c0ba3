import Testing

@testable import EventCore

@Suite struct AlarmStateMachineTests {
    private final class Alarm: Scheduled {
        let deadline: ContinuousClock.Instant
        var place: Int?

        init(_ deadline: ContinuousClock.Instant) { self.deadline = deadline }
    }

    /// A clock whose time passes when it is told to, and whose sleeps end on time.
    private struct World {
        var machine = AlarmStateMachine<Alarm>()
        var now = ContinuousClock.now
        var pending: [Alarm] = []
        var rung: [Alarm] = []
        var mostSleeps = 0
        var fault: String?

        mutating func set(in duration: Duration) -> Alarm {
            let alarm = Alarm(now + duration)
            pending.append(alarm)
            _ = machine.set(alarm, now: now)
            check()
            return alarm
        }

        mutating func cancel(_ alarm: Alarm) {
            let isPending = pending.contains { $0 === alarm }
            if machine.cancel(alarm) != isPending { fault = "cancelled what was not set, or not what was" }
            pending.removeAll { $0 === alarm }
            check()
        }

        mutating func pass(_ duration: Duration) {
            let end = now + duration
            while let sleep = machine.sleeps.last, sleep.end <= end {
                now = max(now, sleep.end)
                for alarm in machine.wake(after: sleep, now: now).due {
                    if alarm.deadline > now { fault = "rang early" }
                    if alarm.deadline < now { fault = "rang late" }
                    if !pending.contains(where: { $0 === alarm }) { fault = "rang twice, or after it was cancelled" }
                    pending.removeAll { $0 === alarm }
                    rung.append(alarm)
                }
                check()
            }
            now = end
        }

        private mutating func check() {
            mostSleeps = max(mostSleeps, machine.sleeps.count)
            if machine.count != pending.count { fault = "counts \(machine.count) of \(pending.count)" }
            let isAwake = machine.sleeps.contains { sleep in pending.allSatisfy { sleep.end <= $0.deadline } }
            if !pending.isEmpty, !isAwake { fault = "sleeps past an alarm" }
        }
    }

    @Test("alarms ring on time, and those that are cancelled do not", arguments: 0..<30 as Range<UInt64>)
    func rings(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var world = World()
        var alarms: [Alarm] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1: alarms.append(world.set(in: .microseconds(Int.random(in: 0..<200_000_000, using: &generator))))
            case 2 where !alarms.isEmpty:
                world.cancel(alarms.remove(at: .random(in: alarms.indices, using: &generator)))
            default: world.pass(.microseconds(Int.random(in: 0..<5_000_000, using: &generator)))
            }
        }
        world.pass(.seconds(200))
        #expect(world.fault == nil)
        #expect(world.pending.isEmpty && world.machine.count == 0)
        #expect(world.rung.count > 50)
        #expect(world.machine.sleeps.isEmpty)
    }

    @Test(
        "a sleep takes the greatest power of two of milliseconds that fits, and what is left is slept through at once",
        arguments: [
            (0, 0), (0.5, 0.5), (3.5, 3.5), (4, 4), (4.5, 4), (5.5, 4), (7.5, 4), (8, 8), (1000, 512), (1024, 1024),
        ]
    )
    func length(limit: Double, sleep: Double) {
        var world = World()
        let start = world.now
        _ = world.set(in: .milliseconds(limit))
        #expect(world.machine.sleeps.map(\.end) == [start + .milliseconds(sleep)])
    }

    @Test func `no sleep is begun for an alarm when one that is under way ends in time, be it at the last moment`() {
        var world = World()
        _ = world.set(in: .milliseconds(1024))
        world.pass(.milliseconds(500))
        for limit in [524, 525, 10_000] { _ = world.set(in: .milliseconds(limit)) }
        #expect(world.machine.sleeps.count == 1)
        _ = world.set(in: .milliseconds(523))
        #expect(world.machine.sleeps.count == 2)
        world.pass(.milliseconds(10_000))
        #expect(world.rung.count == 5)
        #expect(world.fault == nil)
    }

    @Test func `however many answered waits there are, no more sleeps are under way than powers of two`() {
        var world = World()
        // Each limit is shorter than the last, so each alarm is the earliest.
        for limit in stride(from: 60_000, through: 1, by: -1) { world.cancel(world.set(in: .milliseconds(limit))) }
        // From 4 to 32768 milliseconds, and what is less.
        #expect(world.mostSleeps <= 14 + 3)
        for _ in 0..<1000 {
            world.cancel(world.set(in: .seconds(60)))
            world.pass(.milliseconds(100))
        }
        #expect(world.mostSleeps <= 14 + 3)
        #expect(world.fault == nil && world.machine.count == 0)
        world.pass(.seconds(60))
        #expect(world.machine.sleeps.isEmpty)
    }
}
