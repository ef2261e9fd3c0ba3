import EventCore
import Synchronization

/// One of several independent ways into the bus, so that publishers on different threads do not share a lock.
///
/// A lane keeps its own cache of routes, and counts the calls that may still call an observer, for which closing waits.
final class Lane: Sendable {
    private struct State {
        var cache: RouteCache<[Mailbox]>?
        var isClosed = false
        var calls = 0
        var drained: [Waiter<Void>] = []
    }

    private let state: Lock<State>
    private let countsCalls: Bool
    // Each lane counts for itself: one count for all would go back and forth between the cores of the publishers.
    private let dropped = Atomic<Int>(0)

    /// Creates a lane without a cache when the capacity is 0.
    init(cacheCapacity: Int, countsCalls: Bool) {
        state = Lock(State(cache: cacheCapacity > 0 ? RouteCache(capacity: cacheCapacity) : nil))
        self.countsCalls = countsCalls
    }

    /// Begins a call; every one that succeeds is followed by ``leave()``.
    ///
    /// - Parameters:
    ///   - subject: What is to be routed.
    ///   - table: Where the route is found when it is not in the cache.
    /// - Returns: Who may want the envelope, or `nil` when the bus is closed.
    func enter(_ subject: Subject, orMatch table: RoutingTable) -> [Mailbox]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            if countsCalls { state.calls += 1 }
            if let route = state.cache?.route(of: subject) { return route }
            let route = table.match(subject)
            state.cache?.insert(route, for: subject)
            return route
        }
    }

    /// Goes on with a call after ``leave()``; `false` when the bus was closed meanwhile.
    func enterAgain() -> Bool {
        guard countsCalls else { return true }
        return state.withLock { state in
            guard !state.isClosed else { return false }
            state.calls += 1
            return true
        }
    }

    /// Ends a call.
    func leave() {
        guard countsCalls else { return }
        let waiters = state.withLock { state -> [Waiter<Void>] in
            state.calls -= 1
            guard state.calls == 0, state.isClosed else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for waiter in waiters { waiter.resume() }
    }

    /// How many envelopes were dropped by calls through this lane because a buffer was full.
    var droppedCount: Int { dropped.load(ordering: .relaxed) }

    func countDropped(_ count: Int) {
        dropped.add(count, ordering: .relaxed)
    }

    /// A subscription to `pattern` came or went.
    func subscriptionsChanged(for pattern: Pattern) {
        state.withLock { $0.cache?.subscriptionsChanged(for: pattern) }
    }

    /// Lets no further call begin, and forgets every route.
    func close() {
        let routes = state.withLock { state in
            state.isClosed = true
            defer { state.cache = nil }
            return state.cache
        }
        withExtendedLifetime(routes) {}
    }

    /// Waits until every call has ended.
    func drain() async {
        await Waiter.suspend { waiter in
            let isDrained = state.withLock { state in
                if state.calls > 0 { state.drained.append(waiter) }
                return state.calls == 0
            }
            if isDrained { waiter.resume() }
        }
    }
}
