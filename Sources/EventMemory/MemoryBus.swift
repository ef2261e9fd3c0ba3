import Dispatch
public import EventCore
import EventTransport

/// A bus within one process.
///
/// It keeps the whole contract of ``/EventCore/Bus``. A publish looks the subject's route up, offers the envelope to each
/// mailbox in turn, and allocates nothing when the route is cached and it need not wait. A bus that nothing refers to any
/// more closes.
public final class MemoryBus: Bus {
    /// How many subjects the route cache holds when nothing else is asked for.
    public static let defaultRouteCacheCapacity = 1024

    let observer: any Observer
    let isObserved: Bool
    let table: RoutingTable
    let forget: @Sendable (Mailbox) -> Void
    private let patience: DispatchTimeInterval

    /// Creates a bus.
    ///
    /// - Parameters:
    ///   - observer: Told what happens to every envelope.
    ///   - routeCacheCapacity: For how many subjects the matching subscriptions are remembered, on each of the
    ///     processors that publish, up to 2²⁰. 0 matches anew on every publish, which suits subjects that are never
    ///     published twice; less than 0 means ``defaultRouteCacheCapacity``.
    public convenience init(observer: (any Observer)? = nil, routeCacheCapacity: Int = defaultRouteCacheCapacity) {
        self.init(observer: observer, routeCacheCapacity: routeCacheCapacity, patience: .milliseconds(100))
    }

    /// Creates a bus that waits for so long for predicates when it is closed.
    init(observer: (any Observer)?, routeCacheCapacity: Int = defaultRouteCacheCapacity, patience: DispatchTimeInterval)
    {
        let capacity = routeCacheCapacity < 0 ? Self.defaultRouteCacheCapacity : routeCacheCapacity
        let table = RoutingTable(cacheCapacity: min(capacity, 1 << 20))
        self.observer = observer ?? Unobserved()
        isObserved = observer != nil
        self.table = table
        self.patience = patience
        guard let observer else {
            forget = { table.remove($0) }
            return
        }
        forget = { mailbox in
            // Whoever closes the bus finds the mailbox in the table, and tells of its end when this gate is closed: so it is
            // told by one of them, and before `close()` returns. Removing it first could leave it to nobody.
            let gate = table.nearestLane.gate
            if gate.enter() {
                mailbox.tellEnd(to: observer)
                gate.leave()
            }
            table.remove(mailbox)
        }
    }

    deinit {
        endSubscriptions()
    }

    /// How many envelopes were dropped because a buffer was full, over all subscriptions.
    public var droppedCount: Int {
        table.lanes.reduce(0) { $0 + $1.droppedCount }
    }

    // MARK: Publishing

    /// Publishes an envelope to every matching subscription.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError` when the task is cancelled while it waits for
    ///   room in a subscription with ``/EventCore/BackpressurePolicy/block``.
    /// - Complexity: O(*m*) in the number of matching subscriptions while the route is cached.
    public func publish(_ envelope: Envelope) async throws {
        // All that need not wait happens in one synchronous call, so the asynchronous frame stays small.
        try await publishNow(envelope)?.wait()
    }

    /// A publish whose envelope some mailboxes hold until they have room, and the gate it has to leave then.
    package struct Waiting {
        fileprivate var parked: ParkedPublish
        fileprivate var gate: CallGate?

        /// Waits until they have; called once.
        package func wait() async throws {
            defer { gate?.leave() }
            try await parked.wait()
        }
    }

    /// Publishes as ``publish(_:)`` does, but for the waiting, for transports that have a frame for that already.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - audience: Whom it is for.
    /// - Returns: What has to be waited for, if anything.
    /// - Throws: ``/EventCore/EventError/busClosed``.
    package func publishNow(_ envelope: Envelope, to audience: Audience = .everybody) throws(EventError) -> Waiting? {
        guard !isObserved, audience.namesNoGroup, let lane = unsafe table.takeLane() else {
            return try publishWithCalls(envelope, to: audience)
        }
        // The table keeps its lanes alive; retaining one as well would make a publish cost a sixth more.
        switch unsafe lane._withUnsafeGuaranteedRef({ offer(envelope, inTaken: $0) }) {
        case .done: return nil
        case .full(let mailboxes): return park(envelope, with: Full(mailboxes: mailboxes), in: nil)
        case .wantsCalls: return try publishWithCalls(envelope, to: audience)
        case .closed: throw .busClosed
        }
    }

    /// Who has no room for an envelope whose publisher should wait.
    struct Full {
        var mailboxes: [Mailbox] = []
        var ballots: [MailboxGroup.Ballot] = []
        /// How many groups had no member any more.
        var abandoned = 0
        var isEmpty: Bool { mailboxes.isEmpty && ballots.isEmpty }
    }

    private enum Progress {
        case done
        /// The rest have it; these are full, and the publisher should wait.
        case full([Mailbox])
        /// Nothing has been done: somebody has to be called or chosen, for which no lane is held.
        case wantsCalls
        case closed
    }

    /// The short way: nobody has to be called, and the route need not outlive the lane that knows it.
    @inline(__always)
    private func offer(_ envelope: Envelope, inTaken lane: Lane) -> Progress {
        defer { lane.release() }
        guard let route = unsafe lane.route(of: envelope, orMatchIn: table) else { return .wantsCalls }
        // Asked in this order: a bus that is open when the route is known has taken no mailbox out of it by closing.
        guard !table.isClosed else { return .closed }
        return unsafe route._withUnsafeGuaranteedRef { route in
            if route.isEmpty { return .done }
            guard route.isPlain, envelope.isFilledForPublishing else { return .wantsCalls }
            var full: [Mailbox] = []
            let dropped = offer(envelope, to: route, &full)
            if dropped > 0 { lane.countDroppedAsOwner(dropped) }
            return full.isEmpty ? .done : .full(full)
        }
    }

    /// The way of a publish that has to call or choose somebody in between, or finds all lanes taken.
    @inline(never)
    private func publishWithCalls(_ envelope: Envelope, to audience: Audience) throws(EventError) -> Waiting? {
        let lane = table.nearestLane
        let route = route(of: envelope)
        // Only now: mailboxes that closing takes out are still in the route of a call that was let in after it was known.
        var gate = try enter(lane)
        // What nobody sees need not be filled in; without an observer there is nothing to leave either.
        if route.isEmpty, audience.namesNoGroup, gate == nil { return nil }
        let envelope = envelope.isFilledForPublishing ? envelope : envelope.filledForPublishing()
        if isObserved { observer.onPublish(envelope) }
        var dropped = 0
        let full = fanOut(envelope, to: route, audience.ballots(of: route), in: lane, &gate, &dropped)
        guard full.isEmpty else { return park(envelope, with: full, in: gate) }
        gate?.leave()
        return nil
    }

    /// Begins a call that may call the observer.
    ///
    /// - Returns: The gate to leave, or `nil` when there is none since nobody observes.
    func enter(_ lane: Lane) throws(EventError) -> CallGate? {
        guard isObserved else {
            guard !table.isClosed else { throw .busClosed }
            return nil
        }
        guard lane.gate.enter() else { throw .busClosed }
        return lane.gate
    }

    /// Who may want an envelope, for as long as the caller likes.
    func route(of envelope: Envelope) -> Route {
        guard let lane = unsafe table.takeLane()?.takeUnretainedValue() else { return table.match(envelope.subject) }
        defer { lane.release() }
        return unsafe lane.route(of: envelope, orMatchIn: table)?.takeUnretainedValue() ?? table.match(envelope.subject)
    }

    private func park(_ envelope: Envelope, with full: Full, in gate: CallGate?) -> Waiting {
        let parked = ParkedPublish()
        for mailbox in full.mailboxes { mailbox.park(envelope, for: parked) }
        for ballot in full.ballots { ballot.group.park(envelope, for: parked, ballot) }
        return Waiting(parked: parked, gate: gate)
    }

    /// Offers an envelope to each mailbox of a route, none of which has a predicate.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - route: The mailboxes.
    ///   - full: Gets those that are full and whose publisher should wait.
    /// - Returns: How many envelopes were dropped because a buffer was full.
    @inline(__always)
    private func offer(_ envelope: Envelope, to route: Route, _ full: inout [Mailbox]) -> Int {
        let dropped = offer(envelope, toOwnOf: route, isLarge: route.isLarge, &full)
        return route.hasParts ? dropped &+ offer(envelope, toPartsOf: route, &full) : dropped
    }

    @inline(never)
    private func offer(_ envelope: Envelope, toPartsOf route: Route, _ full: inout [Mailbox]) -> Int {
        var dropped = 0
        for part in route.parts { dropped &+= offer(envelope, toOwnOf: part, isLarge: route.isLarge, &full) }
        return dropped
    }

    @inline(__always)
    private func offer(_ envelope: Envelope, toOwnOf route: Route, isLarge: Bool, _ full: inout [Mailbox]) -> Int {
        var dropped = 0
        let mailboxes = route.mailboxes
        for index in mailboxes.indices {
            if isLarge, index &+ Mailbox.lead < mailboxes.count { mailboxes[index &+ Mailbox.lead].prefetch() }
            // The route keeps its mailboxes alive; retaining each as well would make a delivery cost a third more.
            let mailbox = unsafe Unmanaged.passUnretained(mailboxes[index])
            switch unsafe mailbox._withUnsafeGuaranteedRef({ $0.offer(envelope) }) {
            case .delivered, .ended: break
            case .deliveredForOldest, .dropped: dropped &+= 1
            case .full: full.append(mailboxes[index])
            }
        }
        return dropped
    }

    /// Offers an envelope to each mailbox of a route that wants it, and to each group of which a member does.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - route: The mailboxes.
    ///   - ballots: What the groups want, from before a predicate is called, which may end members.
    ///   - lane: Where drops are counted.
    ///   - gate: What is left while a predicate runs; set to `nil` when the bus was closed meanwhile and has not waited.
    ///   - dropped: Gets how many envelopes were dropped because a buffer was full.
    /// - Returns: Who is full and whose publisher should wait.
    func fanOut(
        _ envelope: Envelope,
        to route: Route,
        _ ballots: [MailboxGroup.Ballot],
        in lane: Lane,
        _ gate: inout CallGate?,
        _ dropped: inout Int
    ) -> Full {
        var full = Full()
        var ballots = ballots
        if route.hasPredicates {
            route.withWishes { mailbox, wish in
                guard isWanted(envelope, by: wish, &gate) else { return }
                let outcome = mailbox.offer(envelope)
                if case .full = outcome { full.mailboxes.append(mailbox) }
                count(outcome, in: lane, &dropped)
            }
        } else {
            dropped = offer(envelope, to: route, &full.mailboxes)
            if dropped > 0 { lane.countDropped(dropped) }
        }
        for index in ballots.indices { ballots[index].ask { isWanted(envelope, by: $0, &gate) } }
        for ballot in ballots where ballot.isWanted {
            let outcome = ballot.group.offer(envelope, ballot)
            switch outcome {
            case .full: full.ballots.append(ballot)
            case .ended: full.abandoned += 1
            case .delivered, .deliveredForOldest, .dropped: break
            }
            count(outcome, in: lane, &dropped)
        }
        return full
    }

    /// Counts what was dropped for want of room, before the gate is left again.
    func count(_ outcome: Mailbox.Outcome, in lane: Lane, _ dropped: inout Int) {
        switch outcome {
        case .deliveredForOldest, .dropped:
            dropped += 1
            lane.countDropped(1)
        case .delivered, .ended, .full: break
        }
    }

    private func isWanted(_ envelope: Envelope, by wish: Mailbox.Wish, _ gate: inout CallGate?) -> Bool {
        switch wish {
        case .everything: return true
        case .nothing: return false
        case .accepted(let predicate):
            // A predicate may close the bus, which waits for calls in progress, so it is not part of one. When closing is
            // over by then, every mailbox has ended, and what remains to be done is to tell that.
            gate?.stepOut()
            defer { if gate?.stepIn() == false { gate = nil } }
            return predicate(envelope)
        }
    }

    // MARK: Closing

    /// Closes the bus; returns once nothing is enqueued and no observer is called any more.
    ///
    /// For a predicate that is being asked it waits no longer than a tenth of a second, for the predicate may be what closes
    /// the bus. The publish that asks a slower one goes on when it has its answer, and reports each subscription that wanted
    /// the envelope with ``/EventCore/DropReason/closed``.
    public func close() async {
        endSubscriptions()
        let deadline = DispatchTime.now() + patience
        for lane in table.lanes {
            await lane.purgeAtLast()
            await lane.gate.drain(until: deadline)
        }
    }

    /// Lets nothing in any more, and ends what is there; for a transport, when nothing refers to its bus any more.
    ///
    /// Does not wait for calls that are in progress.
    package func endSubscriptions() {
        // The first one to close is a call in progress, too, for which the others wait.
        let gate = table.lanes[0].gate
        let isInside = gate.enter()
        for mailbox in table.close() {
            mailbox.close(.busClosed)
            if isObserved { mailbox.tellEnd(to: observer) }
        }
        if isInside { gate.leave() }
    }
}

extension Mailbox {
    /// Tells the observer what ended the mailbox, unless it is told already.
    fileprivate func tellEnd(to observer: any Observer) {
        if let end = claimEnd() { observer.onEnd(info, reason: end) }
    }
}
