import EventCore

/// What the send thread asks for.
extension ExchangeStateMachine {
    /// Whether envelopes may leave: other buses are there, or not waited for any longer.
    private var mayPublish: Bool { isConnected && gathering == nil }

    /// Does what it is time for, and takes what there is to do.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - wantsItems: Whether the thread has sent what it took before.
    /// - Returns: What there is to do, and what comes of it.
    mutating func takeWork(now: Instant, wantsItems: Bool) -> (Work, Effects) {
        var effects = Effects()
        tick(now, &effects)
        var work = Work()
        if isConnected {
            greet()
            (work.commands, commands) = (commands, [])
            (work.notes, notes) = (notes, [])
            if wantsItems, mayPublish { work.items = queue.take() }
            work.mayPublish = mayPublish
        }
        work.deadline = deadline(now)
        return (work, effects)
    }

    private mutating func tick(_ now: Instant, _ effects: inout Effects) {
        if gathering?.isOver(now) == true {
            // Who is waited for in vain counts again as soon as it is heard of.
            gathering = nil
            for id in openings { effects.resume(id, with: .done) }
            openings = []
            let interests = deferred
            deferred = []
            if !interests.isEmpty { call(interests, now, &effects) }
            checkWaits(&effects)
        }
        if isConnected {
            if beacon?.isDue(now, peerCount: peers.present.count) == true {
                let groups = memberships.digest
                let message = ControlMessage.here(bus: bus, server: server, version: own.version, groups: groups)
                notes.append(ControlNote(wire: namespace.everybody, reply: nil, message: message))
            }
            let (questions, done) = calls.due(now)
            ask(questions)
            for call in done { end(call, &effects) }
            for (other, lines) in book.takeDue(now, number: number, from: bus) {
                queue.add(ledgerNote(lines, to: other))
            }
        }
        for interest in subscriptions.takeLeft(now) { commands.append(.unsubscribe(interest)) }
        for id in waits.takeLate(now) { effects.resume(id, with: .timedOut) }
        giveUpLate(now, &effects)
    }

    /// Calls of `subscribe` return when their time is up, and the subscription takes effect later.
    private mutating func giveUpLate(_ now: Instant, _ effects: inout Effects) {
        for (id, call) in pending where call.deadline <= now {
            pending[id] = nil
            let others = peers.servers(except: server).map(\.endpoint)
            let missing = subscriptions.isAsked(call.interest) || !isConnected ? [endpoint] + others : others
            effects.resume(id, with: .confirmed(SubscriptionConfirmation(missing: missing)))
            effects.events.append(.unconfirmed(pattern: call.interest.pattern, missing: missing))
        }
    }

    private func ledgerNote(_ lines: LedgerLines, to other: String) -> ControlNote {
        ControlNote(
            wire: namespace.inbox(of: other),
            reply: namespace.absence(of: other, for: bus),
            message: .ledger(lines)
        )
    }

    private mutating func deadline(_ now: Instant) -> Instant? {
        var deadlines = [
            gathering?.deadline, subscriptions.deadline, waits.deadline, pending.values.map(\.deadline).min(),
        ]
        if isConnected { deadlines += [calls.deadline, beacon?.dueAt, number > 0 ? book.schedule(now) : nil] }
        return deadlines.compactMap(\.self).min()
    }

    /// The last words: how much there was for each, and goodbye.
    mutating func takeLastWords(now: Instant) -> [ControlNote] {
        let ledgers = book.takeDue(now, number: number, from: bus, isLast: true).map {
            ledgerNote($0.lines, to: $0.bus)
        }
        return ledgers + [ControlNote(wire: namespace.everybody, reply: nil, message: .bye(bus: bus))]
    }
}

extension ExchangeStateMachine {
    /// Whether the send thread could do something at once.
    var hasWork: Bool {
        guard isConnected else { return false }
        return !commands.isEmpty || !notes.isEmpty || !greeted.isEmpty || !queue.isEmpty && gathering == nil
    }
}
