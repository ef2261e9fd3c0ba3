import EventCore

/// Who listens to one subject.
///
/// Mailboxes that are many under one pattern are a route of their own, which is part of the routes of all subjects that the
/// pattern matches, or is their route when nobody else listens.
final class Route: Sendable {
    /// The mailboxes that are not in ``parts``.
    let mailboxes: ContiguousArray<Mailbox>
    /// Routes that other subjects have as well; these have no parts again.
    let parts: ContiguousArray<Route>
    let isEmpty: Bool
    let hasParts: Bool
    /// Whether a mailbox has to be asked before it is offered an envelope.
    let hasPredicates: Bool

    init(_ mailboxes: ContiguousArray<Mailbox>, parts: ContiguousArray<Route> = []) {
        self.mailboxes = mailboxes
        self.parts = parts
        isEmpty = mailboxes.isEmpty && parts.isEmpty
        hasParts = !parts.isEmpty
        hasPredicates = mailboxes.contains { $0.hasPredicate } || parts.contains { $0.hasPredicates }
    }

    /// The route of every subject nobody listens to.
    static let empty = Route([])

    /// How many mailboxes there are.
    var count: Int { parts.reduce(mailboxes.count) { $0 + $1.mailboxes.count } }

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

    private func forEachMailbox(_ body: (Mailbox) -> Void) {
        for mailbox in mailboxes { body(mailbox) }
        for part in parts { for mailbox in part.mailboxes { body(mailbox) } }
    }
}
