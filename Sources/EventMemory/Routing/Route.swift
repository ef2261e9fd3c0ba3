import EventCore

/// Who listens to one subject.
///
/// Mailboxes that are many under one pattern are a route of their own, which is part of the routes of all subjects that the
/// pattern matches, or is their route when nobody else listens.
final class Route: Sendable {
    /// The mailboxes that are not in ``parts``, nor members of groups.
    let mailboxes: ContiguousArray<Mailbox>
    /// Routes that other subjects have as well; these have no parts again.
    let parts: ContiguousArray<Route>
    /// The groups that are not in ``parts``.
    let groups: ContiguousArray<MailboxGroup>
    let isEmpty: Bool
    let hasParts: Bool
    /// How many mailboxes there are, those in ``parts`` as well.
    let count: Int
    /// Whether a mailbox has to be asked before it is offered an envelope.
    let hasPredicates: Bool
    /// Whether an envelope is for all mailboxes: none has to be asked, and there are no groups.
    let isPlain: Bool

    /// Makes a route of mailboxes, among them members of groups.
    init(_ mailboxes: ContiguousArray<Mailbox>, parts: ContiguousArray<Route> = []) {
        let hasMembers = mailboxes.contains { $0.group != nil }
        self.mailboxes = hasMembers ? mailboxes.filter { $0.group == nil } : mailboxes
        self.parts = parts
        groups = hasMembers ? Self.groups(of: mailboxes) : []
        isEmpty = mailboxes.isEmpty && parts.isEmpty
        hasParts = !parts.isEmpty
        count = parts.reduce(self.mailboxes.count) { $0 + $1.mailboxes.count }
        hasPredicates = mailboxes.contains { $0.hasPredicate } || parts.contains { $0.hasPredicates }
        isPlain = !hasPredicates && !hasMembers && parts.allSatisfy(\.isPlain)
    }

    /// So many mailboxes stay in the caches of a processor.
    private static var countNearby: Int { 1000 }

    /// The groups, each once, in the order of their first members.
    private static func groups(of mailboxes: ContiguousArray<Mailbox>) -> ContiguousArray<MailboxGroup> {
        var seen: Set<ObjectIdentifier> = []
        return mailboxes.reduce(into: []) { groups, mailbox in
            guard let group = mailbox.group, seen.insert(ObjectIdentifier(group)).inserted else { return }
            groups.append(group)
        }
    }

    /// Begins an offer to each group; empty, and nothing is allocated, when there are none.
    var ballots: [MailboxGroup.Ballot] {
        var ballots: [MailboxGroup.Ballot] = []
        for group in groups { ballots.append(group.ballot()) }
        for part in parts { for group in part.groups { ballots.append(group.ballot()) } }
        return ballots
    }

    /// All groups, those in ``parts`` as well.
    var allGroups: [MailboxGroup] {
        isPlain ? [] : parts.reduce(Array(groups)) { $0 + $1.groups }
    }

    /// The route of every subject nobody listens to.
    static let empty = Route([])

    /// Whether its mailboxes do not stay in the caches of a processor from one publish to the next.
    var isLarge: Bool { count > Self.countNearby }

    /// Calls `body` with each mailbox and what it wished for when the first call began.
    ///
    /// So a mailbox that a predicate of another one closes is asked all the same: its publisher has to say what became of
    /// the envelope, and whether it matched at all.
    func withWishes(_ body: (Mailbox, Mailbox.Wish) -> Void) {
        // On the stack, where there are not very many.
        unsafe withUnsafeTemporaryAllocation(of: Mailbox.Wish.self, capacity: count) { wishes in
            var place = 0
            forEachMailbox { mailbox in
                unsafe wishes.initializeElement(at: place, to: mailbox.wish)
                place += 1
            }
            place = 0
            forEachMailbox { mailbox in
                unsafe body(mailbox, wishes[place])
                place += 1
            }
            unsafe wishes.deinitialize()
        }
    }

    /// Calls `body` with each mailbox that is in no group.
    func forEachMailbox(_ body: (Mailbox) -> Void) {
        for mailbox in mailboxes { body(mailbox) }
        for part in parts { for mailbox in part.mailboxes { body(mailbox) } }
    }
}
