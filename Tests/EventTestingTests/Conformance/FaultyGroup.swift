import EventCore

/// A group of a ``FaultyBus``: what keeps every rule, and turns that know none.
final class FaultyGroup: Sendable {
    private let shared: MailboxGroup
    private let turn = Lock(0)

    init(name: String, observer: any Observer, whileOpen: @escaping @Sendable (() -> Void) -> Void) {
        shared = MailboxGroup(name: name, pattern: ">", observer: observer, whileOpen: whileOpen)
    }

    /// What a mailbox is to be a member of; `nil` where a fault does without.
    func shared(with fault: Fault?) -> MailboxGroup? {
        fault == .groupsServeFirst || fault == .groupsTakeTurns ? nil : shared
    }

    /// Offers an envelope to one of the members.
    ///
    /// - Returns: What the publisher has to wait for, if all are full.
    func offer(_ envelope: Envelope, among mailboxes: [Mailbox], with fault: Fault?) -> MailboxGroup.Ballot? {
        switch fault {
        case .groupsServeFirst:
            _ = mailboxes[0].offerOrDrop(envelope)
            return nil
        case .groupsTakeTurns:
            let turn = turn.withLock { turn in
                turn += 1
                return turn
            }
            _ = mailboxes[turn % mailboxes.count].offerOrDrop(envelope)
            return nil
        default:
            var ballot = shared.ballot()
            ballot.ask { $0.accepts(envelope) }
            guard ballot.isWanted, shared.offer(envelope, ballot) == .full else { return nil }
            return ballot
        }
    }
}
