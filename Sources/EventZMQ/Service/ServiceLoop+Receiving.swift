import EventCore
import EventTransport
import LinkRuntime
import Synchronization

extension ServiceLoop {
    /// So many envelopes are received from a socket before anything else has its turn.
    private static var envelopesAtOnce: Int { 1000 }
    private static var deliveredAtOnce: Int { 256 }
    /// A stream is one that brings so many envelopes at once, or more.
    private static var envelopesOfStream: Int { 8 }
    private static var yieldsInStream: Int { 3 }

    /// Receives what has arrived, or some of it.
    func receiveBatch(_ now: Instant, where isReadable: (Poller.Place?) -> Bool) {
        for subscriber in subscribers {
            // The poll has looked at the socket before its monitor, so what came in between shows at the monitor alone.
            guard !subscriber.isDrained || isReadable(subscriber.place) || isReadable(links[subscriber.id].monitorPlace)
            else { continue }
            var count = 0
            var yields = 0
            while count < Self.envelopesAtOnce {
                guard subscriber.receive(into: frames) else {
                    // libzmq reads 8 KB at a time. Letting it go on before what arrived is delivered wakes the readers
                    // of a stream half as often.
                    guard count >= Self.envelopesOfStream, yields < Self.yieldsInStream else { break }
                    yields += 1
                    ServiceThread.yield()
                    continue
                }
                let before = arrived.count
                receive(over: subscriber, now)
                // A message without envelopes takes its time as well.
                count += max(1, arrived.count - before)
                if arrived.count >= Self.deliveredAtOnce { deliverArrived() }
            }
            deliverArrived()
            // Other sockets may have much to read as well.
            if outbox.isBusy { outbox.flush() }
        }
    }

    private func receive(over subscriber: SubscribingSocket, _ now: Instant) {
        switch frames.kind {
        case .control: receiveControl(over: subscriber, now)
        case .compact: receiveCompact(over: subscriber, now)
        case .plain:
            // Whoever speaks the compact form sends it, and this one because of somebody else.
            guard frames.wire(&senders) != WireVersion.current else { return }
            do throws(EventError) {
                let received = try frames.decode(with: &decoder)
                if let origin = received.origin, let number = received.number,
                    copies.hasReceived(number, from: origin, over: subscriber.id)
                {
                    return
                }
                take(received, over: subscriber.id, now)
            } catch {
                reportMalformed(error, over: subscriber)
            }
        }
    }

    /// Receives the envelopes of one message, which are counted together.
    private func receiveCompact(over subscriber: SubscribingSocket, _ now: Instant) {
        // A run of its own while the frame is read: each use of a property of a class is checked.
        var run = EnvelopeRun()
        swap(&run, &spareRun)
        defer { swap(&run, &spareRun) }
        do throws(EventError) {
            try frames.decodeCompact(with: &compactDecoder, from: { frames.peer(&senders)?.bus }) { received in
                if !run.takes(received) { take(&run, over: subscriber.id, now) }
                run.append(received)
            }
            take(&run, over: subscriber.id, now)
        } catch {
            take(&run, over: subscriber.id, now)
            reportMalformed(error, over: subscriber)
        }
    }

    /// Takes a run, unless whoever sent it may not publish there, and leaves it empty.
    private func take(_ run: inout EnvelopeRun, over link: Int, _ now: Instant) {
        if accepts(run, over: link, now) { run.move(behind: &arrived) } else { run.removeAll() }
    }

    /// Whether the envelopes of a run are for subscriptions here; counts them, or tells why they are not.
    private func accepts(_ run: EnvelopeRun, over link: Int, _ now: Instant) -> Bool {
        guard let subject = run.envelopes.first?.subject else { return false }
        if admission != nil, let reason = refusal(of: subject, from: run.origin, over: links[link]) {
            for _ in run.envelopes { reporter.happened(.malformed(endpoint: links[link].name, reason: reason)) }
            return false
        }
        if let origin = run.origin {
            if run.namesOrigin, let last = run.numbers.max() { copies.received(last, from: origin, over: link) }
            guard origin != busID else {
                reporter.counters.echoes.add(run.envelopes.count, ordering: .relaxed)
                return false
            }
            if !run.numbers.isEmpty, isSpeakingForItself(origin, run.namesOrigin, over: link) {
                accounts.received(
                    run.numbers.span,
                    on: subject,
                    from: origin,
                    over: link,
                    connection: frames.connection,
                    now: now
                )
            }
        }
        return true
    }

    private func reportMalformed(_ fault: EventError, over subscriber: SubscribingSocket) {
        let link = links[subscriber.id]
        check(frames, of: link)
        reporter.happened(.malformed(endpoint: link.name, reason: "\(fault)"))
    }

    /// Tells of a sender of another version.
    private func check(_ frames: ReceivedFrames, of link: Link) {
        check(frames.peer(&senders), wire: frames.wire(&senders), of: link)
    }

    /// Takes an envelope, unless whoever sent it may not publish it.
    private func take(_ received: WireEnvelope, over link: Int, _ now: Instant) {
        let subject = received.envelope.subject
        if admission != nil, let reason = refusal(of: subject, from: received.origin, over: links[link]) {
            return reporter.happened(.malformed(endpoint: links[link].name, reason: reason))
        }
        accept(received, over: link, now)
    }

    private func receiveControl(over subscriber: SubscribingSocket, _ now: Instant) {
        let link = links[subscriber.id]
        guard case .inbox(let bus)? = ControlTopic(frames.topic) else {
            return refuse("unknown control topic", of: link)
        }
        // With a subscription to everything the messages to others arrive too.
        guard bus == busID else { return }
        let (peer, connection) = (frames.peer(&senders), frames.connection)
        check(frames, of: link)
        guard let message = LedgerMessage(frames: frames.body), peer?.bus == message.origin else {
            return refuse("a ledger message that is none", of: link)
        }
        receive(message, over: connection, link, now)
    }

    private func receive(
        _ message: LedgerMessage,
        over connection: Int32,
        _ link: Link,
        _ now: Instant
    ) {
        // The monitor has told of a connection before the first message comes over it. Read in the other order, it could take
        // the place of another one that was established before.
        if !link.connections.hasSent(connection) { drainMonitor(of: link) }
        // What is left of a connection that has ended confirms nothing any more.
        guard link.connections.isOpen(connection) else { return }
        received(over: connection, from: message.origin, frames.user(&senders), of: link)
        if let user = proved(frames.user(&senders), at: link), let reason = claim(message.origin, by: user) {
            return refuse(reason, of: link)
        }
        let confirmed: [UInt64]
        let closed: [UInt64]
        if message.origin == busID {
            // A bus that is linked to itself confirms to itself, and counts nothing.
            confirmed = message.lines.filter { $0.closed == nil }.map(\.incarnation)
            closed = message.lines.filter { $0.closed != nil }.map(\.incarnation)
        } else {
            guard !accounts.isHeld(message, on: link.id, against: connection, isOpen: link.connections.isOpen) else {
                return
            }
            switch accounts.read(message, on: link.id, over: connection, now: now) {
            case .current(let nowConfirmed, let nowClosed): (confirmed, closed) = (nowConfirmed, nowClosed)
            case .outdated: return
            case .impossible: return refuse("a ledger message that cannot be true", of: link)
            }
            if link.connects { accounts.replaced(by: message.origin, on: link.id, now: now) }
        }
        perform(confirmation.greeted(by: message.origin, on: link.id, over: connection))
        perform(confirmation.confirmed(confirmed, on: link.id, over: connection))
        let closing = Departures.Connection(link: link.id, descriptor: connection)
        finish(closed.filter { departures.closed($0, by: closing) })
        if !message.lines.isEmpty { acknowledge(message, on: link, now) }
    }

    private func acknowledge(_ message: LedgerMessage, on link: Link, _ now: Instant) {
        let target = Acknowledgements.Target(link: link.id, origin: message.origin, socket: message.socket)
        acknowledgements.add(target, serial: message.serial, now: now)
    }

    /// Why somebody may not publish what has arrived.
    private func refusal(of subject: Subject, from origin: String?, over link: Link) -> String? {
        let user = frames.user(&senders)
        if !link.connects {
            guard let user else { return "from a peer that has proved nothing" }
            if !link.connections.hasSent(frames.connection) { drainMonitor(of: link) }
            self.received(over: frames.connection, from: frames.peer(&senders)?.bus, user, of: link)
            guard admission?.isListed(user) == true else {
                return "\(SecurityDomain.proof(of: user)) is not on the list any more"
            }
        }
        guard let proved = proved(user, at: link) else { return nil }
        if let reason = admission?.refusal(of: subject, from: proved) { return reason }
        return origin.flatMap { claim($0, by: proved) }
    }

    private func refuse(_ reason: String, of link: Link) {
        reporter.happened(.malformed(endpoint: link.name, reason: reason))
    }

    private func accept(_ received: WireEnvelope, over link: Int, _ now: Instant) {
        if let origin = received.origin {
            guard origin != busID else {
                reporter.counters.echoes.add(1, ordering: .relaxed)
                return
            }
            if isSpeakingForItself(origin, !received.isFromOrigin, over: link), let number = received.number {
                accounts.received(
                    number,
                    on: received.envelope.subject,
                    from: origin,
                    over: link,
                    connection: frames.connection,
                    now: now
                )
            } else if let sequence = received.sequence {
                note(sequence, received.envelope.subject, origin, link)
            }
        }
        arrived.append(received.envelope)
    }

    /// Whether an envelope counts in the account with its origin: where several may connect, one could speak for another.
    private func isSpeakingForItself(_ origin: String, _ namesOrigin: Bool, over link: Int) -> Bool {
        !namesOrigin || links[link].connects || frames.peer(&senders)?.bus == origin
    }

    /// Delivers several envelopes in a row, so that a reader who waits is woken once for them, not for each.
    private func deliverArrived() {
        guard !arrived.isEmpty else { return }
        reporter.counters.received.add(arrived.count, ordering: .relaxed)
        deliveries.deliver(arrived)
        arrived.removeAll(keepingCapacity: true)
    }

    /// Looks for a gap in the numbers of one who keeps no ledger.
    private func note(_ sequence: UInt64, _ subject: Subject, _ origin: String, _ link: Int) {
        guard !accounts.isKept(by: origin) else { return }
        let missed = gaps.received(
            sequence,
            of: subject,
            from: origin,
            after: announcements.last,
            firstCovering: { announcements.first(covering: subject) }
        )
        guard missed > 0 else { return }
        let loss = LinkLoss(
            count: Int(clamping: missed),
            prefix: subject.rawValue,
            origin: origin,
            endpoint: links[link].name
        )
        reporter.lost(loss, byPrefix: [subject.rawValue: Int(clamping: missed)])
    }
}
