import EventCore

/// Who listens to what: the index of all patterns behind one lock, and the lanes through which publishers look routes up.
///
/// A lane takes the index's lock inside its own to match a subject; a change takes them one after the other, the index
/// first. So a lane that matched before a change is told of it afterwards, and never keeps a route that is out of date.
final class RoutingTable: Sendable {
    private struct Registry {
        var index = PatternIndex<Mailbox>()
        var isClosed = false
        var lastID: UInt64 = 0
    }

    private let registry = Lock(Registry())
    let lanes: [Lane]
    private let caches: Bool

    /// More lanes let more threads publish at once; each costs every subscription change about 20 ns.
    private static let laneCountLogarithm = 3

    init(cacheCapacity: Int, countsCalls: Bool) {
        caches = cacheCapacity > 0
        lanes = (0..<1 << Self.laneCountLogarithm).map { _ in
            Lane(cacheCapacity: cacheCapacity, countsCalls: countsCalls)
        }
    }

    /// The lane of the current thread.
    var lane: Lane {
        // Thread ids are addresses far apart; Fibonacci hashing spreads them (Knuth, vol. 3, 6.4).
        let hash = UInt64(ThreadAddress.current >> 12) &* 0x9E37_79B9_7F4A_7C15
        return lanes[Int(hash >> (64 - UInt64(Self.laneCountLogarithm)))]
    }

    /// Who listens to a subject.
    func match(_ subject: Subject) -> [Mailbox] {
        registry.withLock { $0.index.matches(of: subject) }
    }

    /// Adds the mailbox that `make` returns for a new id.
    ///
    /// - Throws: ``EventError/busClosed``.
    func add(_ pattern: Pattern, _ make: (SubscriptionID) -> Mailbox) throws(EventError) -> Mailbox {
        let mailbox: Mailbox? = registry.withLock { registry in
            guard !registry.isClosed else { return nil }
            registry.lastID += 1
            let mailbox = make(SubscriptionID(rawValue: "s" + String(registry.lastID)))
            registry.index.insert(mailbox, for: pattern)
            return mailbox
        }
        guard let mailbox else { throw .busClosed }
        changed(pattern)
        return mailbox
    }

    func remove(_ mailbox: Mailbox) {
        _ = registry.withLock { $0.index.remove(mailbox, for: mailbox.pattern) }
        changed(mailbox.pattern)
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
        for lane in lanes { lane.close() }
        return mailboxes
    }

    private func changed(_ pattern: Pattern) {
        guard caches else { return }
        for lane in lanes { lane.subscriptionsChanged(for: pattern) }
    }
}
