import EventCore
import Synchronization

/// Who listens to what, and which routes follow from it.
///
/// A route costs memory for each of its mailboxes, and there is one for each subject in each lane. So the mailboxes of a
/// pattern that has many are put together once, in a route that is part of those of all subjects which the pattern matches.
/// A plain value; ``RoutingTable`` keeps it behind its lock.
struct RouteIndex {
    /// A pattern with more mailboxes than these has a route that is shared.
    static let unsharedCount = 16
    /// So many mailboxes in a route that is out of date weigh as much as one more change.
    private static let mailboxesPerWeight = 32

    private var index = PatternIndex<Mailbox>()
    /// The shared routes by the slot of their pattern, made when they are first wanted.
    private var shared: [Int: Route] = [:]

    /// What follows from a mailbox that comes or goes.
    struct Change {
        /// How much may now be remembered elsewhere for nothing: 1, and more where a large route is out of date.
        var weight = 1
        /// What is not to be released under a lock.
        fileprivate(set) var outdated: Route?
    }

    /// Adds a mailbox under its pattern.
    mutating func insert(_ mailbox: Mailbox) -> Change {
        let slot = index.store(mailbox, for: mailbox.pattern)
        if let slot { mailbox.slot.store(slot, ordering: .relaxed) }
        return change(slot)
    }

    /// Removes a mailbox; one that is not there changes nothing.
    mutating func remove(_ mailbox: Mailbox) -> Change {
        let slot = mailbox.slot.exchange(-1, ordering: .relaxed)
        return change(slot >= 0 && index.take(mailbox, fromSlot: slot) ? slot : nil)
    }

    private mutating func change(_ slot: Int?) -> Change {
        guard !shared.isEmpty, let slot, let outdated = shared.removeValue(forKey: slot) else { return Change() }
        return Change(weight: 1 + outdated.mailboxes.count / Self.mailboxesPerWeight, outdated: outdated)
    }

    /// Who listens to a subject.
    ///
    /// - Complexity: That of `PatternIndex.forEachMatch`, and O(*m*) in the number of mailboxes that no shared route has yet.
    mutating func route(of subject: Subject) -> Route {
        var mailboxes: ContiguousArray<Mailbox> = []
        var slots: [Int] = []
        index.forEachMatchingSlot(of: subject) { slot in
            if index.elementCount(inSlot: slot) > Self.unsharedCount {
                slots.append(slot)
            } else {
                index.forEachElement(inSlot: slot) { mailboxes.append($0) }
            }
        }
        guard let first = slots.first else { return mailboxes.isEmpty ? Route.empty : Route(mailboxes) }
        if slots.count == 1, mailboxes.isEmpty { return sharedRoute(ofSlot: first) }
        return Route(mailboxes, parts: ContiguousArray(slots.map { sharedRoute(ofSlot: $0) }))
    }

    private mutating func sharedRoute(ofSlot slot: Int) -> Route {
        if let route = shared[slot] { return route }
        var mailboxes: ContiguousArray<Mailbox> = []
        mailboxes.reserveCapacity(index.elementCount(inSlot: slot))
        index.forEachElement(inSlot: slot) { mailboxes.append($0) }
        let route = Route(mailboxes)
        shared[slot] = route
        return route
    }

    /// All mailboxes.
    var mailboxes: [Mailbox] {
        var mailboxes: [Mailbox] = []
        index.forEachElement { mailboxes.append($0) }
        return mailboxes
    }
}
