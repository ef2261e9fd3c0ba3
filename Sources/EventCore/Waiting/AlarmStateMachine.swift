/// The decisions of an ``AlarmClock``: which alarms are due, and for how long to sleep.
///
/// A sleep cannot be taken back, for a cancelled one holds memory until it would have ended. So one is begun only when none
/// that is under way ends early enough, and it takes the greatest power of two of milliseconds that fits: a later sleep of
/// the same length would end later and is not begun, so there are never more of them than there are powers of two.
struct AlarmStateMachine<Alarm: Scheduled> {
    typealias Instant = ContinuousClock.Instant

    /// A sleep that is under way.
    struct Sleep: Sendable, Equatable {
        /// No two that are under way have the same, for each ends before those that were begun earlier.
        var end: Instant
    }

    private var alarms = DeadlineHeap<Alarm>()
    /// The latest first.
    private(set) var sleeps: [Sleep] = []

    /// How many alarms are set.
    var count: Int { alarms.count }

    /// How many alarms are set for then or later.
    func count(since start: Instant) -> Int { alarms.count(since: start) }

    /// Sets an alarm.
    ///
    /// - Returns: A sleep to begin, after which to call ``wake(after:now:)``.
    mutating func set(_ alarm: Alarm, now: Instant) -> Sleep? {
        alarms.insert(alarm)
        return sleep(now)
    }

    /// Takes an alarm back; `false` when it has rung or was taken back already.
    mutating func cancel(_ alarm: Alarm) -> Bool {
        alarms.remove(alarm)
    }

    /// A sleep is over.
    ///
    /// - Returns: The alarms that ring, and a sleep to begin.
    mutating func wake(after sleep: Sleep, now: Instant) -> (due: [Alarm], next: Sleep?) {
        sleeps.removeAll { $0 == sleep }
        var due: [Alarm] = []
        while let alarm = alarms.popFirst(until: now) { due.append(alarm) }
        return (due, self.sleep(now))
    }

    private mutating func sleep(_ now: Instant) -> Sleep? {
        guard let deadline = alarms.first?.deadline else { return nil }
        if let earliest = sleeps.last, earliest.end <= deadline { return nil }
        let sleep = Sleep(end: Self.end(before: deadline, now))
        sleeps.append(sleep)
        return sleep
    }

    private static func end(before deadline: Instant, _ now: Instant) -> Instant {
        let milliseconds = Int(max(0, (deadline - now) / .milliseconds(1)))
        // What little is left is slept through at once.
        guard milliseconds >= 4 else { return deadline }
        return min(deadline, now + .milliseconds(1 << (Int.bitWidth - 1 - milliseconds.leadingZeroBitCount)))
    }
}

extension AlarmStateMachine: Sendable where Alarm: Sendable {}
