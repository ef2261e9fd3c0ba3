import Dispatch
import EventCore
import Synchronization

/// Counts calls that may still call an observer, so that closing can wait for them.
///
/// A call steps out while it asks a predicate, for that may close the bus and wait until it is closed. So closing waits
/// for those who have stepped out with patience, and for those inside without end.
final class CallGate: Sendable {
    // Why closing misses no call: all there is to know is one number, and each change of it is one operation that answers
    // with what it changed. So a call either counts itself in before `closed` is set, and sealing sees it, or it reads
    // `closed` and goes away. `sealed` is set only by an exchange with a state in which nobody is to be waited for, so a
    // call that comes back has either been counted in before, or reads `sealed`.
    //
    // What the orderings are for: leaving and stepping out release and sealing acquires, so all that a call has told an
    // observer comes before `drain(until:)` returns; with relaxed ones, whoever has waited for that could find the work of a
    // callback half done. Closing and sealing release, and entering and stepping in acquire: whoever finds the gate
    // sealed sees that its bus has ended every mailbox, and cannot enqueue in one that it takes for open.
    //
    /// The bits below, then the number of calls inside, and from bit 32 on the number of those that have stepped out.
    private let state = Atomic<Int>(0)
    private static let closed = 1
    private static let impatient = 2
    /// Everybody has left, and nobody comes back.
    private static let sealed = 4
    private static let inside = 8
    private static let outside = 1 << 32
    /// A queue with a thread of its own, for predicates that wait may have all those that run tasks.
    private static let clock = DispatchQueue(label: "event-memory.patience")
    private let drained = Lock<[Waiter<Void>]>([])

    // MARK: Calls

    /// Begins a call, which ends with ``leave()``; `false`, and nothing to leave, when the gate is closed.
    func enter() -> Bool {
        guard state.add(Self.inside, ordering: .acquiring).oldValue & Self.closed == 0 else {
            leave()
            return false
        }
        return true
    }

    /// Ends a call.
    func leave() {
        settle(state.subtract(Self.inside, ordering: .acquiringAndReleasing).newValue)
    }

    /// A call that is inside asks a predicate, and then comes back with ``stepIn()``.
    func stepOut() {
        settle(state.add(Self.outside - Self.inside, ordering: .acquiringAndReleasing).newValue)
    }

    /// Goes on with a call that has stepped out; `false`, and nothing to leave, when closing has not waited for it.
    func stepIn() -> Bool {
        // In a gate that is sealed nobody counts any more.
        state.subtract(Self.outside - Self.inside, ordering: .acquiringAndReleasing).oldValue & Self.sealed == 0
    }

    // MARK: Closing

    /// Lets no further call begin.
    func close() {
        state.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing)
    }

    /// Waits until every call has left a gate that is closed, and for those that have stepped out no longer than until the
    /// deadline; none comes back afterwards.
    func drain(until deadline: DispatchTime) async {
        if deadline <= .now() { losePatience() }
        if seal() { return }
        Self.clock.asyncAfter(deadline: deadline) { [weak self] in self?.losePatience() }
        await Waiter.suspend { waiter in
            let isDrained = drained.withLock { waiters in
                // Whoever makes the gate ready to be sealed takes this lock after that change. Either that comes after this
                // one and finds the waiter, or it came before and sealing succeeds here.
                let isDrained = seal()
                if !isDrained { waiters.append(waiter) }
                return isDrained
            }
            if isDrained { waiter.resume() }
        }
    }

    private func losePatience() {
        settle(state.bitwiseOr(Self.impatient, ordering: .acquiringAndReleasing).newValue)
    }

    /// Tells those who wait when this is the state in which nobody is to be waited for.
    @inline(__always)
    private func settle(_ state: Int) {
        if state & Self.closed != 0 { wake() }
    }

    @inline(never)
    private func wake() {
        let waiters = drained.withLock { waiters -> [Waiter<Void>] in
            guard !waiters.isEmpty, seal() else { return [] }
            defer { waiters = [] }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets nobody come back, if nobody is to be waited for.
    ///
    /// Counting and sealing are changes of one number, so a call that comes back is either seen here, or finds the gate
    /// sealed.
    private func seal() -> Bool {
        var state = state.load(ordering: .acquiring)
        while state & Self.sealed == 0 {
            let inside = (state & (Self.outside - 1)) / Self.inside
            let isAwaited = inside > 0 || state >= Self.outside && state & Self.impatient == 0
            guard state & Self.closed != 0, !isAwaited else { return false }
            let (isDone, current) = self.state.compareExchange(
                expected: state,
                desired: state | Self.sealed,
                ordering: .acquiringAndReleasing
            )
            if isDone { return true }
            state = current
        }
        return true
    }
}
