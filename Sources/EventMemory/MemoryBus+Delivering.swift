public import EventCore
import EventTransport

/// What transports use that feed their local subscriptions through a bus.
extension MemoryBus {
    /// The groups that listen to the subject of an envelope.
    package func groups(for envelope: Envelope) -> [MailboxGroup] { route(of: envelope).allGroups }

    /// Fans out an envelope that came off a wire, for transports that feed their local subscriptions through this bus.
    ///
    /// It never waits: a full subscription with ``/EventCore/BackpressurePolicy/block`` drops the envelope. The observer
    /// sees deliveries and drops but no publish, for that happened elsewhere. An id and a time that are not set are
    /// filled in; trace ids are not, for the calling task is not the publisher. Does nothing once the bus is closed.
    ///
    /// - Parameter envelope: The envelope.
    public func deliver(_ envelope: Envelope) {
        _ = deliverCounting(envelope)
    }

    /// Delivers as ``deliver(_:)`` does, for a transport that counts what was received and dropped.
    ///
    /// - Parameter envelope: The envelope.
    /// - Returns: How many subscriptions were full: each dropped this envelope, or an older one for it.
    public func deliverCounting(_ envelope: Envelope) -> Int { deliverCounting(envelope, to: .everybody) }

    /// Delivers as ``deliverCounting(_:)`` does, to some of those who listen.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - audience: Whom it is for.
    /// - Returns: How many subscriptions were full, and groups without a member any more.
    package func deliverCounting(_ envelope: Envelope, to audience: Audience) -> Int {
        let route = route(of: envelope, for: audience)
        return deliver(envelope, to: route, audience.ballots(of: route))
    }

    /// Delivers envelopes on one subject as ``deliverCounting(_:)`` does each, if nobody has to be called for them: neither
    /// an observer nor a predicate.
    ///
    /// For a thread that may not run code of the user. Whoever asked for predicates before would leave time for one to come;
    /// here the route that has none is the one that is delivered to.
    ///
    /// - Parameters:
    ///   - run: The envelopes, all on the same subject; few, since readers wait meanwhile.
    ///   - audience: Whom they are for.
    /// - Returns: How many of them were delivered, all or with groups the first, and how many subscriptions were full, for
    ///   each; `nil`, and nothing has happened, when somebody has to be called.
    package func deliverCallingNobody(
        _ run: ArraySlice<Envelope>,
        to audience: Audience = .everybody
    ) -> (delivered: Int, full: Int)? {
        guard !isObserved, let first = run.first else { return run.isEmpty ? (0, 0) : nil }
        let route = route(of: first, for: audience)
        guard !route.hasPredicates else { return nil }
        let ballots = audience.ballots(of: route)
        guard !ballots.contains(where: \.hasPredicates) else { return nil }
        // A group decides anew for each which of its members has the least to do, and members with predicates may have come
        // by then.
        guard ballots.isEmpty, run.count > 1 else { return (1, deliver(first, to: route, ballots)) }
        guard !table.isClosed, !route.isEmpty else { return (run.count, 0) }
        // Most come with an id and a time, and need no array of their own.
        let run = run.allSatisfy(\.hasIdentity) ? run : run.map { $0.filledForDelivery() }[...]
        var dropped = 0
        route.forEachMailbox { dropped += $0.offerOrDrop(run) }
        if dropped > 0 { table.nearestLane.countDropped(dropped) }
        return (run.count, dropped)
    }

    /// Who is to get an envelope and is in no group.
    private func route(of envelope: Envelope, for audience: Audience) -> Route {
        audience.includesIndividuals ? route(of: envelope) : Route.empty
    }

    @inline(__always)
    private func deliver(_ envelope: Envelope, to route: Route, _ ballots: [MailboxGroup.Ballot]) -> Int {
        let lane = table.nearestLane
        var gate: CallGate?
        do { gate = try enter(lane) } catch { return 0 }
        let envelope = route.isEmpty && ballots.isEmpty ? envelope : envelope.filledForDelivery()
        var dropped = 0
        let full = fanOut(envelope, to: route, ballots, in: lane, &gate, &dropped)
        // A predicate of another one may have made room meanwhile.
        for mailbox in full.mailboxes { count(mailbox.offerOrDrop(envelope), in: lane, &dropped) }
        for ballot in full.ballots { count(ballot.group.offerOrDrop(envelope, ballot), in: lane, &dropped) }
        gate?.leave()
        return dropped + full.abandoned
    }
}
