import Synchronization

extension MailboxGroup {
    /// A member has ended; what it has buffered goes to the others, if there are any and the bus has not ended all.
    ///
    /// Called outside every lock, and of no consequence for a mailbox that is no member.
    func leave(_ mailbox: Mailbox, _ end: SubscriptionEnd) {
        let (abandoned, hasOthers) = state.withLock { state -> ([Machine.Parked], Bool) in
            let (wasIn, abandoned) = state.machine.leave(mailbox)
            if wasIn { state.last = (mailbox.id, end, isTold: !mailbox.hasPredicate || end == .busClosed) }
            isAwaited.store(state.machine.hasParked, ordering: .relaxed)
            return (abandoned, !state.machine.members.isEmpty)
        }
        for parked in abandoned {
            drop(parked, of: mailbox.id, end == .busClosed ? .busClosed : .taken)
        }
        if hasOthers, end != .busClosed { handOver(from: mailbox) }
    }

    /// Gives what a mailbox that has ended has buffered to members, in order; what nobody takes is dropped.
    ///
    /// The envelopes are told as deliveries once more, to whom they go, or as drops; and not at all while the bus is being
    /// closed, when they stay where they are.
    func handOver(from mailbox: Mailbox) {
        let choosy = state.withLock { state in
            state.machine.members.filter(\.isChoosy).map { ($0.member, $0.member.wish) }
        }
        // A predicate may close the bus, which waits for who is in the body below, so all are asked before it, about envelopes
        // that stay where they are. Meanwhile readers may take some away, the first ones first; nothing comes in.
        var takers: ArraySlice<Set<Mailbox>> = []
        if !choosy.isEmpty {
            var held = mailbox.buffered
            while let envelope = held.popFirst() {
                takers.append(Set(choosy.filter { $0.1.accepts(envelope) }.map(\.0)))
            }
        }
        whileOpen {
            var taken = mailbox.takeBuffer()
            takers = takers.suffix(taken.count)
            while let envelope = taken.popFirst() { handOver(envelope, from: mailbox, takers.popFirst() ?? []) }
        }
    }

    private func handOver(_ envelope: Envelope, from mailbox: Mailbox, _ takers: Set<Mailbox>) {
        if let decision = state.withLock({ adopt(envelope, takers, &$0.machine) }) {
            decision.carryOut()
        } else {
            observer?.onDrop(envelope, from: mailbox.id, reason: .closed)
        }
    }

    /// Puts an envelope into the buffer of whoever would get it now, even where that is full.
    private func adopt(_ envelope: Envelope, _ takers: Set<Mailbox>, _ machine: inout Machine) -> Decision? {
        while let (mailbox, _) = machine.choose(takers, load: { $0.load }) {
            let limit = SubscriptionOptions.maximumBufferCapacity
            if let action = mailbox.decide({ $0.adopt(envelope, limit: limit) }) {
                return Decision(mailbox: mailbox, envelope: envelope, action: action)
            }
            // Either it has ended meanwhile, or the one with the fewest to read has as many as there may be.
            guard mailbox.load == .ended else { return nil }
        }
        return nil
    }
}

extension Mailbox.Wish {
    /// Whether an envelope is wished for; calls the predicate where there is one.
    package func accepts(_ envelope: Envelope) -> Bool {
        switch self {
        case .everything: true
        case .nothing: false
        case .accepted(let predicate): predicate(envelope)
        }
    }
}
