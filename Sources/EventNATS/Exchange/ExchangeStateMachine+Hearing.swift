import EventCore

/// What other buses say.
extension ExchangeStateMachine {
    mutating func heard(_ message: ControlMessage, now: Instant) -> Effects {
        var effects = Effects()
        switch message {
        case .hello(let presence):
            guard presence.bus != bus else { break }
            if presence.part == presence.parts - 1 { tellPresence(to: presence.bus) }
            enter(presence, now, &effects)
        case .present(let presence):
            guard presence.bus != bus else { break }
            enter(presence, now, &effects)
        case .changed(let other, let change):
            guard other != bus else { break }
            guard peers.isPresent(other), book.change(other, change, number: number) else {
                enquire(other, now)
                break
            }
            noteInterest(of: other, &effects)
        case .member(let other, let interest, let isIn):
            guard other != bus else { break }
            heardMembership(of: other, interest, isIn: isIn, now, &effects)
        case .question(let other, let token):
            book.isBack(other)
            tell(other, .answer(bus: bus, server: server, token: token))
            meet(other, now)
        case .answer(let other, let server, let token):
            book.isBack(other)
            peers.answered(other, server: server)
            if let done = calls.answered(token, by: other, at: server) { end(done, &effects) }
        case .unsure(let other):
            tellPresence(to: other)
            // Whoever does not know this one may be unknown here as well.
            meet(other, now)
        case .read(let other, let serial):
            book.read(serial, by: other)
            meet(other, now)
        case .here(let other, let server, let version, let groups):
            guard other != bus else { break }
            if isKnown(other, at: server, version), roster.isFull || roster.digest(of: other) == groups {
                enquiries.settled(other)
            } else {
                enquire(other, now)
            }
        case .bye(let other):
            book.leave(other)
            gathering?.gone(other)
            effects.left.append(other)
            isGone(other, now, &effects)
        case .ledger(let lines):
            tell(lines.bus, .read(bus: bus, serial: lines.serial))
            // It may have missed the last change, or only not read it yet.
            if lines.segments.last?.version != own.version { tellPresence(to: lines.bus) }
            meet(lines.bus, now)
        }
        return effects
    }

    /// The server says that nobody listens at the inbox of a bus.
    mutating func absent(_ other: String, now: Instant) -> Effects {
        var effects = Effects()
        if other == Self.everybody {
            gathering?.isAlone(now: now)
        } else {
            // It may be on its way to another server, so it is waited for, and what it wants goes on being counted.
            book.isAway(other, now: now)
            effects.away.append(other)
            isGone(other, now, &effects)
        }
        return effects
    }

    private mutating func isGone(_ other: String, _ now: Instant, _ effects: inout Effects) {
        parts.remove(other)
        roster.forget(other)
        for done in calls.gone(other, now: now) { end(done, &effects) }
        peers.gone(other)
        if joined.remove(other) != nil { effects.events.append(.subscriberLeft(other)) }
    }

    /// A bus says where it is and what it wants; the last part completes that.
    private mutating func enter(_ presence: Presence, _ now: Instant, _ effects: inout Effects) {
        guard let whole = parts.add(presence) else { return }
        // What it has members in follows.
        roster.forget(whole.bus)
        let isNews = !isKnown(whole.bus, at: whole.server, whole.version)
        peers.heard(whole.bus, server: whole.server, endpoint: whole.endpoint)
        book.enter(whole.bus, version: whole.version, patterns: Set(whole.patterns), number: number)
        if isNews, isKnown(whole.bus, at: whole.server, whole.version) { enquiries.settled(whole.bus) }
        gathering?.heard(whole.bus, now: now)
        noteInterest(of: whole.bus, &effects)
    }

    mutating func noteInterest(of other: String, _ effects: inout Effects) {
        if book.wantsAnything(other) || roster.isInAny(other), joined.insert(other).inserted {
            effects.events.append(.subscriberJoined(other))
        }
        checkWaits(&effects)
    }

    /// A bus is there that was thought to have gone, and says anew where it is and what it wants.
    private mutating func meet(_ other: String, _ now: Instant) {
        if !peers.isPresent(other) { enquire(other, now) }
    }

    /// Whether a bus is known to be at a server, with all changes of what it wants; of one that wants more than there is room
    /// for, no more is going to be known.
    private func isKnown(_ other: String, at server: String, _ version: UInt64) -> Bool {
        peers.isPresent(other, at: server) && book.version(of: other) ?? version == version
    }

    /// Asks a bus to say again where it is and what it wants, unless it was asked just now.
    mutating func enquire(_ other: String, _ now: Instant) {
        if enquiries.mayAsk(other, now: now) { tell(other, .unsure(bus: bus)) }
    }

    private mutating func tellPresence(to other: String) {
        if isConnected, greeted.count <= Self.maximumGreeted { greeted.insert(other) }
    }

    /// Tells those who are waiting for it where the bus is and what it wants, before the changes that come behind it.
    mutating func greet() {
        guard !greeted.isEmpty else { return }
        let isForAll = greeted.count > Self.maximumGreeted
        let wires = isForAll ? [namespace.everybody] : greeted.sorted().map { namespace.inbox(of: $0) }
        greeted = []
        let (presences, memberships) = (presences(), memberships.sorted())
        var greetings: [ControlNote] = []
        for wire in wires {
            greetings += presences.map { ControlNote(wire: wire, reply: nil, message: .present($0)) }
            greetings += memberships.map { membershipNote($0, isIn: true, to: wire) }
        }
        notes = greetings + notes
    }

    mutating func tell(_ other: String, _ message: ControlMessage) {
        guard isConnected, notes.count < Self.maximumAnswers else { return }
        notes.append(ControlNote(wire: namespace.inbox(of: other), reply: nil, message: message))
    }
}
