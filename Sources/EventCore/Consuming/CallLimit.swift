import DequeModule

/// Lets so many callers in at a time; those who wait are served in order.
///
/// Waiting is not cancelled: whoever is inside has been, too, and leaves.
final class CallLimit: Sendable {
    private struct State {
        var free: Int
        var waiters = Deque<Waiter<Void>>()
    }

    private let state: Lock<State>

    init(_ count: Int) {
        state = Lock(State(free: count))
    }

    /// Waits for its turn; to be followed by ``leave()``.
    func enter() async {
        await Waiter.suspend { waiter in
            let isIn = state.withLock { state in
                guard state.free > 0 else {
                    state.waiters.append(waiter)
                    return false
                }
                state.free -= 1
                return true
            }
            if isIn { waiter.resume() }
        }
    }

    /// Lets the next one in.
    func leave() {
        let next = state.withLock { state in
            let next = state.waiters.popFirst()
            if next == nil { state.free += 1 }
            return next
        }
        next?.resume()
    }
}
