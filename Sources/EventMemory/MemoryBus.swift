public import EventCore

/// A bus within one process.
///
/// It keeps the whole contract of ``/EventCore/Bus``. A publish looks the subject's route up, offers the envelope to each
/// mailbox in turn, and allocates nothing when the route is cached. A bus that nothing refers to any more closes.
public final class MemoryBus: Bus {
    /// How many subjects the route cache holds when nothing else is asked for.
    public static let defaultRouteCacheCapacity = 1024

    private let observer: (any Observer)?
    private let isObserved: Bool
    private let table: RoutingTable
    private let forget: @Sendable (Mailbox) -> Void

    /// Creates a bus.
    ///
    /// - Parameters:
    ///   - observer: Told what happens to every envelope.
    ///   - routeCacheCapacity: For how many subjects, on each of eight lanes that threads share, the matching
    ///     subscriptions are remembered. 0 matches anew on every publish, which suits subjects that are never published
    ///     twice; less than 0 means ``defaultRouteCacheCapacity``.
    public init(observer: (any Observer)? = nil, routeCacheCapacity: Int = defaultRouteCacheCapacity) {
        let capacity = routeCacheCapacity < 0 ? Self.defaultRouteCacheCapacity : routeCacheCapacity
        let table = RoutingTable(cacheCapacity: capacity, countsCalls: observer != nil)
        self.observer = observer
        isObserved = observer != nil
        self.table = table
        forget = { table.remove($0) }
    }

    deinit {
        for mailbox in table.close() { mailbox.close(.bus) }
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
        guard let waiting = try publishNow(envelope) else { return }
        defer { waiting.lane.leave() }
        try await waiting.parked.wait()
    }

    /// Fans out an envelope that came off a wire, for transports that feed their local subscriptions through this bus.
    ///
    /// It never waits: a full subscription with ``/EventCore/BackpressurePolicy/block`` drops the envelope. The observer
    /// sees deliveries and drops but no publish, for that happened elsewhere. An id and a time that are not set are
    /// filled in; trace ids are not, for the calling task is not the publisher. Does nothing once the bus is closed.
    ///
    /// - Parameter envelope: The envelope.
    public func deliver(_ envelope: Envelope) {
        let lane = table.lane
        guard let route = lane.enter(envelope.subject, orMatch: table) else { return }
        let envelope = route.isEmpty ? envelope : envelope.filledForDelivery()
        guard let full = fanOut(envelope, to: route, in: lane) else { return }
        for mailbox in full { mailbox.drop(envelope) }
        if !full.isEmpty { lane.countDropped(full.count) }
        lane.leave()
    }

    /// A publish whose envelope some mailboxes hold until they have room, and the lane it has to leave then.
    private struct Waiting {
        var parked: ParkedPublish
        var lane: Lane
    }

    private func publishNow(_ envelope: Envelope) throws(EventError) -> Waiting? {
        let lane = table.lane
        guard let route = lane.enter(envelope.subject, orMatch: table) else { throw .busClosed }
        // What nobody sees need not be filled in; without an observer there is nothing to leave either.
        if route.isEmpty, !isObserved { return nil }
        guard envelope.isFilledForPublishing else {
            return try publish(filled: envelope.filledForPublishing(), to: route, in: lane)
        }
        return try publish(filled: envelope, to: route, in: lane)
    }

    private func publish(filled envelope: Envelope, to route: [Mailbox], in lane: Lane) throws(EventError) -> Waiting? {
        if isObserved { announce(envelope) }
        guard let full = fanOut(envelope, to: route, in: lane) else { throw .busClosed }
        guard !full.isEmpty else {
            lane.leave()
            return nil
        }
        let parked = ParkedPublish()
        for mailbox in full { mailbox.park(envelope, for: parked) }
        return Waiting(parked: parked, lane: lane)
    }

    /// Apart from the hot path, which would copy the existential even when it is not called.
    @inline(never)
    private func announce(_ envelope: Envelope) {
        observer?.onPublish(envelope)
    }

    /// Offers an envelope to each mailbox of a route.
    ///
    /// - Returns: The mailboxes that are full and whose publisher should wait; `nil` when the bus was closed during a
    ///   predicate, so that nothing more may happen and the lane is left.
    private func fanOut(_ envelope: Envelope, to route: [Mailbox], in lane: Lane) -> [Mailbox]? {
        var full: [Mailbox] = []
        var droppedNow = 0
        defer { if droppedNow > 0 { lane.countDropped(droppedNow) } }
        for index in route.indices {
            // The route keeps its mailboxes alive; retaining each as well would make a delivery cost a third more.
            let mailbox = unsafe Unmanaged.passUnretained(route[index])
            if unsafe mailbox._withUnsafeGuaranteedRef({ $0.hasPredicate }) {
                // A predicate may close the bus, which waits for calls in progress, so it is not part of one.
                lane.leave()
                let accepted = unsafe mailbox._withUnsafeGuaranteedRef { $0.accepts(envelope) }
                guard lane.enterAgain() else { return nil }
                guard accepted else { continue }
            }
            switch unsafe mailbox._withUnsafeGuaranteedRef({ $0.offer(envelope) }) {
            case .delivered, .ended: break
            case .deliveredForOldest, .dropped: droppedNow += 1
            case .full: full.append(route[index])
            }
        }
        return full
    }

    // MARK: Subscribing

    /// Begins to collect what is published on matching subjects.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: A subscription, in effect on return.
    /// - Throws: ``/EventCore/EventError/busClosed``; ``/EventCore/EventError/invalidConfiguration(_:)`` for a capacity
    ///   above ``/EventCore/SubscriptionOptions/maximumBufferCapacity``.
    /// - Complexity: O(*n*) on average in the length of the pattern, however many subscriptions there are.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try subscribe(to: pattern, options: options, onEnd: forget)
    }

    /// Subscribes and says when it is over, for transports that have something of their own to undo.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - onTermination: Called once, outside every lock, when the subscription ends, whichever way it does.
    /// - Returns: A subscription, in effect on return.
    /// - Throws: As ``subscribe(to:options:)``.
    public func subscribe(
        to pattern: Pattern,
        options: SubscriptionOptions,
        onTermination: @escaping @Sendable () -> Void
    ) throws(EventError) -> Subscription {
        let forget = forget
        return try subscribe(to: pattern, options: options) { mailbox in
            forget(mailbox)
            onTermination()
        }
    }

    private func subscribe(
        to pattern: Pattern,
        options: SubscriptionOptions,
        onEnd: @escaping @Sendable (Mailbox) -> Void
    ) throws(EventError) -> Subscription {
        let capacity = try options.validatedCapacity()
        let mailbox = try table.add(pattern) { id in
            Mailbox(
                id: id,
                pattern: pattern,
                capacity: capacity,
                policy: options.backpressure,
                predicate: options.predicate,
                observer: observer,
                onEnd: onEnd
            )
        }
        return Subscription(mailbox)
    }

    // MARK: Closing

    /// Closes the bus; returns once nothing is enqueued and no observer is called any more.
    public func close() async {
        for mailbox in table.close() { mailbox.close(.bus) }
        for lane in table.lanes { await lane.drain() }
    }
}
