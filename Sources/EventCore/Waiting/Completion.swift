/// Something that happens once and that tasks wait for.
package final class Completion: Sendable {
    private struct State {
        var isDone = false
        var waiters: [UInt64: Waiter<Bool>] = [:]
        var lastID: UInt64 = 0
    }

    private let state = Lock(State())

    package init() {}

    /// Lets everybody know that it has happened; doing so twice is fine.
    package func complete() {
        let waiters = state.withLock { state in
            state.isDone = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: true) }
    }

    /// Waits until it has happened, but not longer than `limit`; being cancelled changes nothing.
    ///
    /// - Returns: Whether it has happened.
    @discardableResult
    package func wait(atMost limit: Duration, on clock: AlarmClock = .shared) async -> Bool {
        var alarm: AlarmClock.Alarm?
        defer { if let alarm { clock.cancel(alarm) } }
        return await Waiter.suspend { waiter in
            let (id, isDone) = state.withLock { state in
                state.lastID += 1
                if !state.isDone, limit > .zero { state.waiters[state.lastID] = waiter }
                return (state.lastID, state.isDone)
            }
            if isDone || limit <= .zero {
                waiter.resume(returning: isDone)
            } else {
                // Only now, for an alarm that rings before there is a waiter would ring in vain.
                alarm = clock.set(in: limit) { self.giveUp(id) }
            }
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume(returning: false)
    }
}
