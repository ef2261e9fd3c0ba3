import EventCore
import Synchronization

/// Counts calls that may still call an observer, so that closing can wait for them.
///
/// A call leaves the gate while it asks a predicate, which may close the bus and wait for that, and then comes back.
/// It still may once the gate is closed, but no more once closing has waited for every call and is over.
final class CallGate: Sendable {
    /// Four times the number of calls inside, and the bits below.
    private let state = Atomic<Int>(0)
    private static let isClosed = 1
    private static let isSealed = 2
    private static let call = 4
    private let drained = Lock<[Waiter<Void>]>([])

    /// Begins a call, which ends with ``leave()``; `false`, and nothing to leave, when the gate is closed.
    func enter() -> Bool {
        enter(unless: Self.isClosed | Self.isSealed)
    }

    /// Goes on with a call that has left in between; `false`, and nothing to leave, when the gate is drained.
    func reenter() -> Bool {
        enter(unless: Self.isSealed)
    }

    @inline(__always)
    private func enter(unless obstacles: Int) -> Bool {
        guard state.add(Self.call, ordering: .acquiring).oldValue & obstacles == 0 else {
            leave()
            return false
        }
        return true
    }

    /// Ends a call.
    func leave() {
        guard state.subtract(Self.call, ordering: .acquiringAndReleasing).newValue == Self.isClosed else { return }
        let waiters = drained.withLock { waiters -> [Waiter<Void>] in
            guard !waiters.isEmpty, seal() else { return [] }
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets no further call begin.
    func close() {
        state.bitwiseOr(Self.isClosed, ordering: .acquiringAndReleasing)
    }

    /// Waits until every call has left a gate that is closed; from then on none comes back.
    func drain() async {
        await Waiter.suspend { waiter in
            let isDrained = drained.withLock { waiters in
                // The last call to leave takes this lock after it has counted itself out, so it finds the waiter.
                let isDrained = seal()
                if !isDrained { waiters.append(waiter) }
                return isDrained
            }
            if isDrained { waiter.resume() }
        }
    }

    /// Lets no call back in, if all have left.
    private func seal() -> Bool {
        // Counting and sealing are changes of one number, so a call that comes back is either seen here or refused there.
        let (isDone, state) = state.compareExchange(
            expected: Self.isClosed,
            desired: Self.isClosed | Self.isSealed,
            ordering: .acquiringAndReleasing
        )
        return isDone || state & Self.isSealed != 0
    }
}
