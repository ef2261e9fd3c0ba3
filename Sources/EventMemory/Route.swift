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
}
