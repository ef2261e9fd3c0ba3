import Synchronization

/// Mailboxes that share what matches their pattern: each envelope goes to one of them.
///
/// It is offered what a mailbox of its own would be. Who waits for an envelope gets it, or else who has the fewest to read
/// and room. When nobody has room, the policy of the one with the fewest to read decides; where that blocks, the envelope
/// waits with the group, and the first member that has room again takes it.
package final class MailboxGroup: Sendable {
    // The lock of a group is taken first and those of its members within it, one after the other; nobody takes the lock of a
    // group while holding that of a mailbox. Under them nobody is called: decisions are carried out afterwards.
    //
    // Why no member has room while an envelope waits that it would take: whoever leaves one here sets `isAwaited` before it
    // looks at the members, each under that one's lock. A reader takes an envelope under that lock and reads `isAwaited`
    // after it. If it takes before it is looked at, its room is seen. If it takes afterwards it reads `true`, for the lock has
    // made the store come first, and then waits for the lock of the group and finds what was left. So relaxed will do.
    // Set after looking at the members, a reader in between would see `false`, and the envelope would wait beside an empty
    // buffer. `false` is stored only under the lock of the group and when nothing waits.

    typealias ParkingPlace = Machine.Place
    typealias Machine = GroupStateMachine<Mailbox, Envelope, ParkedPublish>

    /// What the group is called.
    package let name: String
    /// Which subjects its members listen to.
    package let pattern: Pattern
    let observer: (any Observer)?
    /// Calls a body in which the observer may be called, unless the bus is closed.
    let whileOpen: @Sendable (() -> Void) -> Void
    let isAwaited = Atomic<Bool>(false)
    let state: Lock<State>

    struct State {
        var machine = Machine()
        /// Who left last, why, and whether it tells of an envelope that finds nobody.
        var last: (id: SubscriptionID, end: SubscriptionEnd?, isTold: Bool)?
    }

    /// Creates a group without members.
    ///
    /// - Parameters:
    ///   - name: What it is called.
    ///   - pattern: Which subjects its members listen to.
    ///   - observer: Told what becomes of each envelope.
    ///   - whileOpen: Calls a body in which the observer may be called, unless the bus is closed.
    package init(
        name: String,
        pattern: Pattern,
        observer: (any Observer)? = nil,
        whileOpen: @escaping @Sendable (() -> Void) -> Void = { $0() }
    ) {
        (self.name, self.pattern, self.observer, self.whileOpen) = (name, pattern, observer, whileOpen)
        state = Lock(State())
    }

    /// A decision of a mailbox that is still to be carried out.
    struct Decision: Sendable {
        let mailbox: Mailbox
        let envelope: Envelope
        let action: Mailbox.Machine.OfferAction
        /// Who has waited for it.
        var publisher: ParkedPublish?

        @discardableResult
        func carryOut() -> Mailbox.Outcome {
            defer { publisher?.settle(.taken) }
            return mailbox.act(on: action, envelope)
        }
    }

    // MARK: Members

    /// Takes a member in, unless it has ended; what waits already is for it as well once it has been offered that.
    package func join(_ mailbox: Mailbox) {
        let admitted = state.withLock { state -> [Decision] in
            // It ends first and leaves then, so one that is seen here before it ends leaves later.
            guard mailbox.load != .ended else { return [] }
            state.machine.join(mailbox, isChoosy: mailbox.hasPredicate)
            return admit(into: mailbox, &state.machine)
        }
        for decision in admitted { decision.carryOut() }
    }

    /// Asks a new member with a predicate for what waited when it came, and gives it what it has room for.
    ///
    /// Calls the predicate outside every lock.
    package func offerWaiting(to mailbox: Mailbox) {
        guard mailbox.hasPredicate else { return }
        let waiting = state.withLock { $0.machine.undecided(by: mailbox) }
        guard !waiting.isEmpty else { return }
        let wish = mailbox.wish
        let places = Set(waiting.filter { wish.accepts($0.element) }.map(\.place))
        // A bus that was closed meanwhile has ended every member, with which all that waited has been settled.
        whileOpen {
            let (admitted, abandoned, last) = state.withLock { state in
                let abandoned = state.machine.decided(mailbox, for: places)
                return (admit(into: mailbox, &state.machine), abandoned, state.last?.id)
            }
            for decision in admitted { decision.carryOut() }
            for parked in abandoned { drop(parked, of: last ?? mailbox.id, .taken) }
        }
    }

    /// Tells that nobody is left who would take what has waited.
    func drop(_ parked: Machine.Parked, of id: SubscriptionID, _ end: ParkedPublish.Outcome) {
        observer?.onDrop(parked.element, from: id, reason: .closed)
        parked.publisher.settle(end)
    }

    /// A reader has taken from a member, which may have room now.
    @inline(__always)
    func roomAppeared(in mailbox: Mailbox) {
        if isAwaited.load(ordering: .relaxed) { admitWaiting(into: mailbox) }
    }

    @inline(never)
    private func admitWaiting(into mailbox: Mailbox) {
        let admitted = state.withLock { admit(into: mailbox, &$0.machine) }
        for decision in admitted { decision.carryOut() }
    }

    /// Gives a member what waits, for as long as it has room.
    private func admit(into mailbox: Mailbox, _ machine: inout Machine) -> [Decision] {
        var admitted: [Decision] = []
        while let parked = machine.firstParked(for: mailbox),
            // While the subscription is being opened its capacity does not count for what is published; what waits keeps waiting.
            let action = mailbox.decide({ $0.offerIfRoom(parked.element, limit: mailbox.info.bufferCapacity) })
        {
            _ = machine.remove(parked.place)
            admitted.append(
                Decision(mailbox: mailbox, envelope: parked.element, action: action, publisher: parked.publisher)
            )
        }
        isAwaited.store(machine.hasParked, ordering: .relaxed)
        return admitted
    }

    /// Whether anybody is in.
    package var hasMembers: Bool { state.withLock { !$0.machine.members.isEmpty } }

    // MARK: Publishers

    /// What the members wished for when an envelope was published.
    package struct Ballot: Sendable {
        package let group: MailboxGroup
        fileprivate var choosy: [(Mailbox, Mailbox.Wish)] = []
        fileprivate var takers: Set<Mailbox> = []
        /// Whether the group is to be offered the envelope.
        package fileprivate(set) var isWanted: Bool
        /// Whether a predicate has to be called for it.
        package var hasPredicates: Bool { !choosy.isEmpty }

        /// Asks those who have a predicate.
        ///
        /// - Parameter isWanted: Answers for one of them; called outside every lock.
        package mutating func ask(_ isWanted: (Mailbox.Wish) -> Bool) {
            for (mailbox, wish) in choosy where isWanted(wish) { takers.insert(mailbox) }
            if !takers.isEmpty { self.isWanted = true }
        }
    }

    /// Begins an offer: who is in, and what those wish for who have predicates.
    package func ballot() -> Ballot {
        state.withLock { state in
            let members = state.machine.members
            let isWanted = members.isEmpty ? state.last?.isTold ?? false : members.contains { !$0.isChoosy }
            var ballot = Ballot(group: self, isWanted: isWanted)
            for (member, isChoosy) in members where isChoosy { ballot.choosy.append((member, member.wish)) }
            return ballot
        }
    }

    /// Offers an envelope to whoever is to have it; never waits.
    ///
    /// - Returns: What became of it; `full` when its publisher should ``park(_:for:_:)``.
    package func offer(_ envelope: Envelope, _ ballot: Ballot) -> Mailbox.Outcome {
        carryOut(envelope, state.withLock { decide(envelope, ballot.takers, &$0) { $0.offer(envelope) } })
    }

    /// Offers an envelope that could be parked and whose publisher does not wait.
    package func offerOrDrop(_ envelope: Envelope, _ ballot: Ballot) -> Mailbox.Outcome {
        carryOut(envelope, state.withLock { decide(envelope, ballot.takers, &$0) { $0.offerOrRefuse(envelope) } })
    }

    /// Leaves an envelope until a member has room, if there still is none.
    package func park(_ envelope: Envelope, for publish: ParkedPublish, _ ballot: Ballot) {
        publish.begin()
        let (verdict, place) = state.withLock { state -> (Verdict, ParkingPlace?) in
            isAwaited.store(true, ordering: .relaxed)
            defer { isAwaited.store(state.machine.hasParked, ordering: .relaxed) }
            let verdict = decide(envelope, ballot.takers, &state) { $0.offer(envelope) }
            guard case .full = verdict.end else { return (verdict, nil) }
            return (verdict, state.machine.park(envelope, for: publish, ballot.takers))
        }
        // Before it is carried out: until then the publisher cannot have been cancelled.
        if let place { publish.remember(place, in: self) }
        if case .full = carryOut(envelope, verdict) { return }
        guard case .ended(_, .busClosed) = verdict.end else { return publish.settle(.taken) }
        publish.settle(.busClosed)
    }

    /// Takes back what a publish left here, if it is still there.
    func withdraw(_ publish: ParkedPublish, at place: ParkingPlace) {
        let (parked, id) = state.withLock { state -> (Machine.Parked?, SubscriptionID?) in
            let parked = state.machine.remove(place)
            isAwaited.store(state.machine.hasParked, ordering: .relaxed)
            return (parked, parked.flatMap { state.nearest($0.takers).id })
        }
        guard let parked else { return }
        if let id { observer?.onDrop(parked.element, from: id, reason: .cancelled) }
        publish.settle(.withdrawn)
    }

    /// What was decided under the lock.
    private struct Verdict: Sendable {
        enum End: Sendable {
            case decided(Decision)
            case full
            /// Nobody is there any more who would take it, such as this one, and what ended that.
            case ended(SubscriptionID?, SubscriptionEnd?)
        }

        /// What had waited before.
        var admitted: [Decision] = []
        var end: End
    }

    private func decide(
        _ envelope: Envelope,
        _ takers: Set<Mailbox>,
        _ state: inout State,
        _ offer: (inout Mailbox.Machine) -> Mailbox.Machine.OfferAction
    ) -> Verdict {
        // What has waited longer goes first. The rest waits because its takers are full.
        var admitted: [Decision] = []
        if state.machine.hasParked {
            for (member, _) in state.machine.members { admitted += admit(into: member, &state.machine) }
        }
        // Ends, for what was seen of a member changes meanwhile only when it ends or its capacity begins to count, once each.
        while let (mailbox, load) = state.machine.choose(takers, load: { $0.load }) {
            let action = mailbox.decide { machine in
                if case .full = load { offer(&machine) } else { machine.offerIfRoom(envelope) }
            }
            switch action {
            case nil, .some(.finished): continue
            case .some(.park): return Verdict(admitted: admitted, end: .full)
            case .some(let action):
                let decision = Decision(mailbox: mailbox, envelope: envelope, action: action)
                return Verdict(admitted: admitted, end: .decided(decision))
            }
        }
        let nearest = state.nearest(takers)
        return Verdict(admitted: admitted, end: .ended(nearest.id, nearest.end))
    }

    private func carryOut(_ envelope: Envelope, _ verdict: Verdict) -> Mailbox.Outcome {
        for decision in verdict.admitted { decision.carryOut() }
        switch verdict.end {
        case .decided(let decision): return decision.carryOut()
        case .full: return .full
        case .ended(let id, _):
            if let id { observer?.onDrop(envelope, from: id, reason: .closed) }
            return .ended
        }
    }
}

extension MailboxGroup.State {
    /// Who stands for the group where nobody gets an envelope: a member that would take it, or else who left last.
    fileprivate func nearest(_ takers: Set<Mailbox>) -> (id: SubscriptionID?, end: SubscriptionEnd?) {
        if let member = machine.taker(takers) { return (member.id, member.end) }
        return (last?.id, last?.end)
    }
}
