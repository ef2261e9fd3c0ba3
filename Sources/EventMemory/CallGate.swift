import EventCore
import Synchronization

/// Counts calls that may still call an observer, so that closing can wait for them.
final class CallGate: Sendable {
    /// Twice the number of calls inside, and one more once the gate is closed.
    private let state = Atomic<Int>(0)
    private let drained = Lock<[Waiter<Void>]>([])

    /// Begins a call, which ends with ``leave()``; `false`, and nothing to leave, when the gate is closed.
    func enter() -> Bool {
        guard state.add(2, ordering: .acquiring).oldValue & 1 == 0 else {
            leave()
            return false
        }
        return true
    }

    /// Ends a call.
    func leave() {
        guard state.subtract(2, ordering: .acquiringAndReleasing).newValue == 1 else { return }
        let waiters = drained.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets no further call begin.
    func close() {
        state.bitwiseOr(1, ordering: .acquiringAndReleasing)
    }

    /// Waits until every call has ended.
    func drain() async {
        await Waiter.suspend { waiter in
            let isDrained = drained.withLock { waiters in
                // The last call to leave takes this lock after it has counted itself out, so it finds the waiter.
                let isDrained = state.load(ordering: .acquiring) <= 1
                if !isDrained { waiters.append(waiter) }
                return isDrained
            }
            if isDrained { waiter.resume() }
        }
    }
}
