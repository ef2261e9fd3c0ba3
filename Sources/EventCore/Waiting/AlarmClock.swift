/// Calls back when the time is up, for everything in the process that waits for a limited time.
///
/// A wait that is answered takes its alarm back and leaves nothing behind. A task that sleeps and is cancelled would hold
/// its memory until the time is up, which is why nobody here has a sleep of its own.
package final class AlarmClock: Sendable {
    /// The one of the process.
    package static let shared = AlarmClock()

    /// A call that is to come.
    package final class Alarm: @unchecked Sendable, Scheduled {
        // `@unchecked Sendable`: `place` is touched under the lock of its clock alone, the rest never changes.
        let deadline: ContinuousClock.Instant
        var place: Int?
        fileprivate let ring: @Sendable () -> Void

        fileprivate init(_ deadline: ContinuousClock.Instant, _ ring: @escaping @Sendable () -> Void) {
            (self.deadline, self.ring) = (deadline, ring)
        }
    }

    private let state = Lock(AlarmStateMachine<Alarm>())

    package init() {}

    /// How many alarms are set.
    package var count: Int { state.withLock { $0.count } }

    /// How many alarms are set for then or later.
    func count(since start: ContinuousClock.Instant) -> Int { state.withLock { $0.count(since: start) } }

    /// Calls `ring` after so long, unless the alarm is cancelled first.
    ///
    /// - Parameters:
    ///   - duration: How long, at least nothing; what is longer than three years is three years.
    ///   - ring: Called once, outside every lock, by a task that others wait for, so it returns promptly.
    /// - Returns: The alarm, which keeps what `ring` refers to until it has rung or is cancelled.
    /// - Complexity: O(log *n*) in the number of alarms that are set.
    package func set(in duration: Duration, _ ring: @escaping @Sendable () -> Void) -> Alarm {
        let now = ContinuousClock.now
        let alarm = Alarm(now + duration.bounded, ring)
        if let sleep = state.withLock({ $0.set(alarm, now: now) }) { begin(sleep) }
        return alarm
    }

    /// Takes an alarm back.
    ///
    /// - Returns: Whether it will not ring; `false` when it does so already or was taken back before.
    @discardableResult
    package func cancel(_ alarm: Alarm) -> Bool {
        state.withLock { $0.cancel(alarm) }
    }

    /// Waits so long.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for duration: Duration) async throws {
        let cancellation = Completion()
        let isCancelled = await withTaskCancellationHandler {
            await cancellation.wait(atMost: duration, on: self)
        } onCancel: {
            cancellation.complete()
        }
        if isCancelled { throw CancellationError() }
    }

    private func begin(_ sleep: AlarmStateMachine<Alarm>.Sleep) {
        Task.detached {
            var current: AlarmStateMachine<Alarm>.Sleep? = sleep
            while let sleep = current {
                try? await Task.sleep(until: sleep.end, tolerance: .zero, clock: .continuous)
                current = self.wake(after: sleep)
            }
        }
    }

    private func wake(after sleep: AlarmStateMachine<Alarm>.Sleep) -> AlarmStateMachine<Alarm>.Sleep? {
        let (due, next) = state.withLock { $0.wake(after: sleep, now: .now) }
        for alarm in due { alarm.ring() }
        return next
    }
}
