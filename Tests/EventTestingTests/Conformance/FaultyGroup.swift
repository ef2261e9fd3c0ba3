@testable import EventCore

/// A group of a ``FaultyBus``: what keeps every rule, and turns that know none.
final class FaultyGroup: Sendable {
    private let shared: MailboxGroup
    private let turn = Lock(0)
    private let held = Lock<Envelope?>(nil)
    private let isDead = Lock(false)

    init(name: String, observer: any Observer, whileOpen: @escaping @Sendable (() -> Void) -> Void) {
        shared = MailboxGroup(name: name, pattern: ">", observer: observer, whileOpen: whileOpen)
    }

    /// What a mailbox is to be a member of; `nil` where a fault does without.
    func shared(with fault: Fault?) -> MailboxGroup? {
        fault == .groupsServeFirst || fault == .groupsTakeTurns ? nil : shared
    }

    /// Takes nothing any more, for a fault.
    func die() {
        isDead.withLock { $0 = true }
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
        case .groupsSwapPairs:
            let held = held.withLock { held in
                defer { held = held == nil ? envelope : nil }
                return held
            }
            guard let held else { return nil }
            for envelope in [envelope, held] { _ = offer(envelope) }
            return nil
        case .groupsPassWaitersBy:
            guard let empty = mailboxes.first(where: { $0.load == .open(0) }) else { return offer(envelope) }
            _ = empty.offer(envelope)
            return nil
        case .groupsAskFirst:
            guard mailboxes.allSatisfy({ $0.load >= .full(0) }) else { return offer(envelope) }
            _ = mailboxes[0].offerOrDrop(envelope)
            return nil
        default:
            if isDead.withLock(\.self) { return nil }
            return offer(envelope, forgetting: fault == .groupsForgetEnded ? mailboxes : [])
        }
    }

    private func offer(_ envelope: Envelope, forgetting mailboxes: [Mailbox] = []) -> MailboxGroup.Ballot? {
        var ballot = shared.ballot()
        ballot.ask { $0.accepts(envelope) }
        if !mailboxes.isEmpty, mailboxes.allSatisfy({ $0.load == .ended }) { return nil }
        guard ballot.isWanted, shared.offer(envelope, ballot) == .full else { return nil }
        return ballot
    }
}
