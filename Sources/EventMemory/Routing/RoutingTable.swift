import EventCore
import Synchronization

/// Who listens to what: the index of all patterns behind one lock, and the lanes through which publishers look routes up.
///
/// A change goes into the index first and is counted then, and a lane reads the count before it matches a subject. So a
/// route that missed a change is always found out of date, and publishers on subjects whose routes are known neither wait
/// for subscriptions that come and go nor hold them up.
final class RoutingTable: Sendable {
    private struct Registry {
        var index = PatternIndex<Mailbox>()
        var isClosed = false
        var lastID: UInt64 = 0
        var changes = 0
    }

    private let registry = Lock(Registry())
    private let changes = ChangeCounters()
    private let closed = Atomic<Bool>(false)
    let lanes: [Lane]
    private let mask: Int

    /// After so many changes one lane forgets what is out of date; looking at all it remembers takes about 3 µs.
    private static let changesPerPurge = 64

    init(cacheCapacity: Int) {
        let count = Self.laneCount(processors: Processor.count)
        lanes = (0..<count).map { [changes] _ in Lane(cacheCapacity: cacheCapacity, changes: changes) }
        mask = count - 1
    }

    /// A power of two from 4 to 64 that gives each processor a lane where it can.
    private static func laneCount(processors: Int) -> Int {
        var count = 4
        while count < min(processors, 64) { count *= 2 }
        return count
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
        registry.withLock { registry in
            var mailboxes: ContiguousArray<Mailbox> = []
            registry.index.forEachMatch(of: subject) { mailboxes.append($0) }
            return mailboxes.isEmpty ? Route.empty : Route(mailboxes)
        }
    }

    /// Adds the mailbox that `make` returns for a new id.
    ///
    /// - Throws: ``EventError/busClosed``.
    func add(_ pattern: Pattern, _ make: (SubscriptionID) -> Mailbox) throws(EventError) -> Mailbox {
        let (mailbox, count) = registry.withLock { registry -> (Mailbox?, Int) in
            guard !registry.isClosed else { return (nil, 0) }
            registry.lastID += 1
            let mailbox = make(SubscriptionID(rawValue: "s" + String(registry.lastID)))
            registry.index.insert(mailbox, for: pattern)
            registry.changes += 1
            return (mailbox, registry.changes)
        }
        guard let mailbox else { throw .busClosed }
        changed(pattern, count)
        return mailbox
    }

    func remove(_ mailbox: Mailbox) {
        let count = registry.withLock { registry in
            registry.index.remove(mailbox, for: mailbox.pattern)
            registry.changes += 1
            return registry.changes
        }
        changed(mailbox.pattern, count)
    }

    private func changed(_ pattern: Pattern, _ count: Int) {
        changes.record(pattern)
        if count.isMultiple(of: Self.changesPerPurge) { lanes[count / Self.changesPerPurge & mask].purge() }
    }

    /// Lets nothing in any more.
    ///
    /// - Returns: The mailboxes that are still there.
    func close() -> [Mailbox] {
        let mailboxes = registry.withLock { registry in
            registry.isClosed = true
            var mailboxes: [Mailbox] = []
            registry.index.forEachElement { mailboxes.append($0) }
            return mailboxes
        }
        closed.store(true, ordering: .releasing)
        for lane in lanes { lane.gate.close() }
        return mailboxes
    }
}
