import EventCore

/// Who listens to one subject.
final class Route: Sendable {
    let mailboxes: ContiguousArray<Mailbox>
    /// Whether one of them has to be asked before it is offered an envelope.
    let hasPredicates: Bool

    init(_ mailboxes: ContiguousArray<Mailbox>) {
        self.mailboxes = mailboxes
        hasPredicates = mailboxes.contains { $0.hasPredicate }
    }

    /// The route of every subject nobody listens to.
    static let empty = Route([])

    var isEmpty: Bool { mailboxes.isEmpty }

    /// Calls `body` with each mailbox and what it wished for when the first call began.
    ///
    /// So a mailbox that a predicate of another one closes is asked all the same: its publisher has to say what became of
    /// the envelope, and whether it matched at all.
    func withWishes(_ body: (Mailbox, Mailbox.Wish) -> Void) {
        // On the stack, where there are not very many.
        unsafe withUnsafeTemporaryAllocation(of: Mailbox.Wish.self, capacity: mailboxes.count) { wishes in
            for index in mailboxes.indices { unsafe wishes.initializeElement(at: index, to: mailboxes[index].wish) }
            for index in mailboxes.indices { unsafe body(mailboxes[index], wishes[index]) }
            unsafe wishes.deinitialize()
        }
    }
}
