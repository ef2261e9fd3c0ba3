import EventCore
import Synchronization

/// Something that happens once and that tasks wait for.
final class Completion: Sendable {
    private struct State {
        var isDone = false
        var waiters: [UInt64: Waiter<Void>] = [:]
        var lastID: UInt64 = 0
    }

    private let state = Lock(State())

    func complete() {
        let waiters = state.withLock { state in
            state.isDone = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until it has happened, but not longer than `limit`; being cancelled changes nothing.
    func wait(atMost limit: Duration) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = Task {
            try await Task.sleep(for: limit)
            giveUp(id)
        }
        defer { timer.cancel() }
        await Waiter.suspend { waiter in
            let isDone = state.withLock { state in
                if !state.isDone { state.waiters[id] = waiter }
                return state.isDone
            }
            if isDone { waiter.resume() }
        }
    }

    private func giveUp(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume()
    }
}
