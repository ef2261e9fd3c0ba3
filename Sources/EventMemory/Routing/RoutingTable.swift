import EventCore
import Synchronization

/// Who listens to what: the index of all patterns behind one lock, and the lanes through which publishers look routes up.
///
/// A change goes into the index first and is counted then, and a lane reads the count before it matches a subject. So a
/// route that missed a change is always found out of date, and publishers on subjects whose routes are known neither wait
/// for subscriptions that come and go nor hold them up.
final class RoutingTable: Sendable {
    private struct Registry {
        var index = RouteIndex()
        var isClosed = false
        /// What all changes together weigh.
        var weight = 0

        /// Counts a change in.
        ///
        /// - Returns: The change, and the weight before it.
        mutating func enter(_ change: RouteIndex.Change) -> (change: RouteIndex.Change, before: Int) {
            defer { weight += change.weight }
            return (change, weight)
        }
    }

    private let registry = Lock(Registry())
    private let changes = ChangeCounters()
    private let closed = Atomic<Bool>(false)
    let lanes: [Lane]
    private let mask: Int

    /// After so many changes, or one that weighs as much, one lane forgets what is out of date; looking at all it remembers
    /// takes about 3 µs.
    private static let weightPerPurge = 64

    init(cacheCapacity: Int) {
        let count = LaneCount.best(for: Processor.usable, quota: Processor.quota)
        lanes = (0..<count).map { [changes] _ in Lane(cacheCapacity: cacheCapacity, changes: changes) }
        mask = count - 1
    }

    /// Whether the bus is closed.
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// The lane of the current processor.
    var nearestLane: Lane { lanes[Processor.current & mask] }

    /// Takes the lane of the current processor, or else the next that is free.
    ///
    /// - Returns: A lane, which lives as long as the table; `nil` when all are taken.
    @inline(__always)
    func takeLane() -> Unmanaged<Lane>? {
        let first = Processor.current
        let lane = unsafe Unmanaged.passUnretained(lanes[first & mask])
        if unsafe lane._withUnsafeGuaranteedRef({ $0.take() }) { return unsafe lane }
        return unsafe takeLane(after: first)
    }

    @inline(never)
    private func takeLane(after first: Int) -> Unmanaged<Lane>? {
        for offset in 1..<lanes.count {
            let lane = lanes[(first &+ offset) & mask]
            if lane.take() { return unsafe Unmanaged.passUnretained(lane) }
        }
        return nil
    }

    /// Who listens to a subject.
    func match(_ subject: Subject) -> Route {
        registry.withLock { $0.index.route(of: subject) }
    }

    /// Adds a mailbox, which gets what is published from now on.
    ///
    /// - Throws: ``EventError/busClosed``.
    func add(_ mailbox: Mailbox) throws(EventError) {
        let change = registry.withLock { registry -> (RouteIndex.Change, before: Int)? in
            guard !registry.isClosed else { return nil }
            return registry.enter(registry.index.insert(mailbox))
        }
        guard let change else { throw .busClosed }
        changed(mailbox.pattern, change)
    }

    func remove(_ mailbox: Mailbox) {
        let change = registry.withLock { $0.enter($0.index.remove(mailbox)) }
        changed(mailbox.pattern, change)
    }

    private func changed(_ pattern: Pattern, _ entry: (change: RouteIndex.Change, before: Int)) {
        changes.record(pattern)
        let purges = entry.before / Self.weightPerPurge
        let purgesDue = (entry.before + entry.change.weight) / Self.weightPerPurge - purges
        for purge in 0..<min(purgesDue, lanes.count) { lanes[(purges + 1 + purge) & mask].purge() }
    }

    /// Lets nothing in any more.
    ///
    /// - Returns: The mailboxes that are still there, for the first caller to end; nothing for others.
    func close() -> [Mailbox] {
        let mailboxes = registry.withLock { registry in
            guard !registry.isClosed else { return [Mailbox]() }
            registry.isClosed = true
            return registry.index.mailboxes
        }
        // Why no publish succeeds for the reason that closing has emptied its route: this is stored first. Then mailboxes leave
        // the index, each of which adds to a counter, releasing. Whoever has a route without them has read that counter,
        // acquiring, or matched under the lock, and so reads `true` afterwards. Whoever asked before the route was known could
        // read `false` and find nobody then. The counters carry the order: relaxed would do for this store and its load.
        closed.store(true, ordering: .releasing)
        for lane in lanes { lane.gate.close() }
        return mailboxes
    }
}
