public import EventCore
import EventMemory
import EventTransport
import LinkRuntime
import Synchronization

/// A bus between hosts over a NATS server or cluster, at most once: `publish` returns when the envelope is with local
/// subscriptions and waits to be sent, not when anyone else has it.
///
/// Within the process it keeps the whole contract of ``/EventCore/Bus``. `subscribe` returns when the subscription is in
/// effect at all servers of the cluster that buses are connected to: what they publish from then on arrives. Across the
/// wire an envelope is lost when a server dies that has it, when a subscriber is so slow that its server cuts it off, or
/// when it does not fit the queue of its publisher; ``statistics`` and ``events`` tell. What does arrive comes in the
/// order in which one bus sent it, once. While no server is there, the queue holds what is published, and sends it when
/// the other buses are back. A subscription with ``/EventCore/BackpressurePolicy/block`` that is full makes local
/// publishers wait, and drops what comes off the wire.
public final class NATSBus: Bus, BusLink {
    /// What the bus is called on the wire.
    let id: String
    private let local: MemoryBus
    private let exchange: Exchange
    private let reporter: BusReporter
    private let deliveries: DeliveryQueue
    private let finished = Completion()
    /// Completed when the servers choose no member of this process any more.
    private let leftGroups = Completion()
    /// Whether there has been a member of any group.
    ///
    /// Relaxed: what is published after `subscribe` has returned is published after this was set, and what comes before it
    /// goes to no group here.
    private let hasGroups = Atomic<Bool>(false)
    private let limitOfClose: Duration

    /// Opens a bus: connects, and waits for a moment for the other buses of its namespace to answer.
    ///
    /// From then on it keeps trying to be connected, whatever happens to servers, until it is closed.
    ///
    /// - Parameter configuration: Where it connects to, and how.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a value out of range, a malformed address or a
    ///   secret that cannot be read; ``/EventCore/EventError/transport(_:)`` when no server takes it.
    public init(configuration: NATSBusConfiguration) async throws {
        try configuration.validate()
        id = Envelope(subject: "bus").id
        local = MemoryBus(observer: configuration.observer)
        reporter = BusReporter(logger: configuration.logger)
        deliveries = DeliveryQueue(
            local,
            capacity: configuration.receiveQueueCapacity,
            byteCapacity: configuration.receiveQueueBytes,
            reporter: reporter
        )
        let namespace = try Namespace(configuration.namespace)
        let receiver = Receiver(bus: id, namespace: namespace, deliveries: deliveries, reporter: reporter)
        exchange = Exchange(
            bus: id,
            namespace: namespace,
            configuration: configuration,
            receiver: receiver,
            reporter: reporter
        )
        let options = try configuration.connection
        // What the last calls of libnats may take: to write, to flush, and to close.
        limitOfClose = configuration.linger.bounded + options.timeout * 3 + .seconds(1)
        let loop = SendLoop(
            exchange,
            options: options,
            linger: configuration.linger.bounded,
            leftGroups: leftGroups
        )
        try await loop.start(finished)
        await exchange.gathered()
    }

    deinit {
        exchange.close()
        deliveries.close()
    }

    /// What has been sent, received and lost since the bus was opened.
    ///
    /// Everything that is published leaves the process, for only the server knows whether a program wants it that is no
    /// bus; so `sent` counts all of it.
    public var statistics: LinkStatistics {
        var statistics = reporter.statistics
        statistics.peers = exchange.peers.count
        return statistics
    }

    /// What happens to the link of this bus: servers that come and go, buses that do, and losses.
    public var events: LinkEvents { LinkEvents(reporter.events) }

    /// The other buses of the namespace that are there, with the addresses of the servers that they are connected to.
    public var peers: [LinkPeer] { exchange.peers }

    /// The bus itself.
    public var link: (any BusLink)? { self }

    // MARK: Publishing

    /// Publishes an envelope to matching subscriptions of this bus, and to those of others.
    ///
    /// It is put into the send queue first: when the task is cancelled while a local subscription makes it wait, other
    /// processes get the envelope all the same.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError` when the task is cancelled while it waits for
    ///   room in a local subscription. Before anyone has the envelope:
    ///   ``/EventCore/EventError/malformedEnvelope(_:)`` when the time lies outside the years 0000 to 9999, and
    ///   ``/EventCore/EventError/transport(_:)`` when it is greater than the server's `max_payload`.
    public func publish(_ envelope: Envelope) async throws {
        let envelope = envelope.filledForPublishing()
        let groups = hasGroups.load(ordering: .relaxed) ? local.groups(for: envelope) : []
        let served = try exchange.publish(envelope, groups: groups)
        try await local.publishNow(envelope, to: .individuals(and: served))?.wait()
    }

    /// Waits until subscribers elsewhere are ready for what is published on a subject.
    ///
    /// Counts buses, each once. Programs that are no buses do not say what they subscribe to, and do not count.
    ///
    /// - Parameters:
    ///   - subject: What is going to be published on.
    ///   - count: How many subscribers to wait for; with 0 or less there is nothing to wait for.
    ///   - timeout: How long to wait at most.
    /// - Returns: Whether there were so many in time.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError` when the task is cancelled.
    public func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async throws -> Bool {
        switch await exchange.waitForSubscribers(of: subject, atLeast: count, timeout: timeout) {
        case .done, .confirmed: return true
        case .timedOut: return false
        case .cancelled: throw CancellationError()
        case .closed: throw EventError.busClosed
        case .failed(let error): throw error
        }
    }

    // MARK: Subscribing

    /// Begins to collect what is published on matching subjects, here and elsewhere.
    ///
    /// Members of a ``/EventCore/SubscriptionOptions/group`` may be in any process of the namespace, and each envelope goes
    /// to one of them: the server chooses a process, and in it the members share as within one process. What is published
    /// here goes to a member here while no other process has members, and not to one that comes when it was published and
    /// nobody was in the group. A predicate chooses among what its process gets, so
    /// all members should have the same. What comes for a group is no part of the books: it counts as received where it
    /// arrives, and never as lost; where a connection breaks over which it came, one more of `unknownLosses` says so.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: A subscription, in effect here, and at every server that confirmed it within
    ///   ``NATSBusConfiguration/confirmationTimeout``; ``statistics`` count those calls after which one was missing.
    /// - Throws: ``/EventCore/EventError/busClosed``; ``/EventCore/EventError/invalidConfiguration(_:)`` for a capacity
    ///   out of range and for a group whose name cannot be one; ``/EventCore/EventError/transport(_:)`` in the words of a
    ///   server that forbids it; `CancellationError` when the task is cancelled while it waits for servers.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        let (exchange, interest) = (exchange, Interest(pattern, group: options.group))
        let opening = try local.open(pattern, options: options) { exchange.release(interest) }
        if opening.group != nil { hasGroups.store(true, ordering: .relaxed) }
        let limit = options.confirmationTimeout
        switch await exchange.subscribe(to: interest, members: opening.group, limit: limit) {
        case .confirmed(let confirmation):
            return opening.begin().confirmed(confirmation)
        case .done, .timedOut:
            return opening.begin()
        case .cancelled:
            opening.close(.cancelled)
            throw CancellationError()
        case .closed:
            opening.close(.busClosed)
            throw EventError.busClosed
        case .failed(let error):
            opening.close()
            exchange.receiver.forgetMembers(of: interest)
            throw error
        }
    }

    // MARK: Closing

    /// Closes the bus: what was published still leaves the process, within ``NATSBusConfiguration/linger``.
    ///
    /// Returns within that time and four seconds, whatever state the server is in, and however many callers there are; with
    /// a server that answers at once.
    public func close() async {
        exchange.close()
        let deadline = ContinuousClock.now + limitOfClose
        // What the servers have chosen members here for still goes to them.
        if hasGroups.load(ordering: .relaxed) {
            await leftGroups.wait(atMost: .seconds(2))
            await deliveries.settle(atMost: .seconds(1))
        }
        deliveries.close()
        await local.close(atMost: max(.zero, deadline - .now))
        await finished.wait(atMost: max(.zero, deadline - .now))
        reporter.events.finish()
    }
}
