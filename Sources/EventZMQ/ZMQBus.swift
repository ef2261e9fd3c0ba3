public import EventCore
import EventMemory
import EventTransport
import LinkRuntime
import Synchronization

/// A fire-and-forget bus between processes: `publish` returns when the envelope is with local subscriptions and handed
/// to libzmq, not when anyone else has it.
///
/// Within the process it keeps the whole contract of ``/EventCore/Bus``. Across the wire an envelope is lost when a
/// subscriber is not connected, when its queue in the publisher is full (``ZMQBusConfiguration/sendHighWaterMark``),
/// or when the connection breaks; ``statistics`` and ``events`` tell. What does arrive comes in the order in
/// which one bus sent it. A subscription with ``/EventCore/BackpressurePolicy/block`` that is full makes local
/// publishers wait, and drops what comes off the wire. Predicates and observers of what comes off the wire run on a
/// thread of their own; what they are too slow for is dropped and counted.
///
/// `subscribe` returns when every publisher the bus is connected to has confirmed the subscription: what they publish
/// from then on arrives.
///
/// Without ``ZMQBusConfiguration/security`` there is neither authentication nor encryption, and it binds no address that
/// other hosts can reach.
public final class ZMQBus: Bus, BusLink {
    /// What the bus is called on the wire.
    let id: String
    private let local: MemoryBus
    private let outbox: Outbox
    private let commands: CommandQueue
    private let serviceExecutor: ServiceExecutor
    private let reporter: BusReporter
    private let deliveries: DeliveryQueue
    private let directory: PeerDirectory
    private let finished = Completion()
    private let limitOfClose: Duration
    private let hasPublishers: Bool
    private let hasSubscribers: Bool

    /// The addresses that were bound, publishing ones first, each with the port that a wildcard stood for:
    /// `tcp://127.0.0.1:*` comes back as `tcp://127.0.0.1:49152`.
    public let boundEndpoints: [String]

    /// Opens a bus: binds its endpoints, and begins to connect to others.
    ///
    /// - Parameter configuration: Where it publishes and subscribes, and how.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a value out of range or a malformed endpoint;
    ///   ``/EventCore/EventError/transport(_:)`` when an endpoint cannot be bound, for example because the address is in
    ///   use.
    public convenience init(configuration: ZMQBusConfiguration) throws(EventError) {
        try self.init(configuration: configuration, busyLimit: BusyMeter.usualLimit)
    }

    /// Opens a bus that sends envelopes together once so many have been sent between two looks.
    init(configuration: ZMQBusConfiguration, busyLimit: Int) throws(EventError) {
        try configuration.validate()
        id = Envelope(subject: "bus").id
        local = MemoryBus(observer: configuration.observer)
        let parts = try ServiceParts(busID: id, configuration: configuration, busyLimit: busyLimit, local: local)
        outbox = parts.outbox
        commands = parts.commands
        serviceExecutor = parts.executor
        reporter = parts.reporter
        deliveries = parts.deliveries
        directory = parts.directory
        boundEndpoints = parts.boundEndpoints
        limitOfClose = configuration.linger.bounded + .seconds(1)
        hasPublishers = !configuration.subscribe.isEmpty
        hasSubscribers = !configuration.publish.isEmpty
        let finished = finished
        let loop = ServiceLoop(parts, now: .now)
        let code = ServiceThread.start(loop) { loop in
            loop.run()
        } atEnd: {
            finished.complete()
        } ifImpossible: { loop in
            loop.shutDown()
        }
        guard code == 0 else { throw ZMQResult.failure("start a thread", code) }
    }

    deinit {
        outbox.close()
        deliveries.close()
        commands.post(.stop)
        local.endSubscriptions()
    }

    /// What has been sent, received and lost since the bus was opened.
    public var statistics: ZMQBusStatistics { reporter.statistics }

    /// What happens to the links of this bus: peers that come and go, and losses.
    public var events: LinkEvents { LinkEvents(reporter.events) }

    /// The buses that are connected now, with the names of their keys in ``ZMQSecurity/peers``, or `uid:` and a number over
    /// `ipc://`, where security asks for them.
    public var peers: [LinkPeer] { directory.peers }

    /// The name of the key that a bus came with, such as that of an envelope's ``/EventCore/Envelope/origin``.
    ///
    /// Whatever comes in the name of one that came with another key is dropped.
    ///
    /// - Parameter origin: The id of the bus.
    /// - Returns: The name; `nil` of those who proved nothing, and of those who left long ago. Where several have used the
    ///   id, whoever published under it first.
    public func peerName(of origin: String) -> String? { directory.name(of: origin) }

    /// Runs tasks on the thread of the bus that receives, so that nobody has to be woken between an envelope that arrives and
    /// the task that waits for it.
    ///
    /// For what has to answer soon and has little to do, for example
    /// `Task(executorPreference: bus.executor) { for await envelope in questions { … } }`. While such a task runs the bus
    /// receives nothing and tells others nothing, so it must not block, compute for long, or wait for anything but by `await`.
    /// After 64 runs of tasks the bus has its turn; a run goes on until an `await` has to wait. Once the bus is closed tasks go
    /// on elsewhere.
    public var executor: any TaskExecutor { serviceExecutor }

    /// The bus itself.
    public var link: (any BusLink)? { self }

    // MARK: Publishing

    /// Publishes an envelope to matching subscriptions of this bus, and to those of others.
    ///
    /// It is handed to libzmq first: when the task is cancelled while a local subscription makes it wait, other
    /// processes get the envelope all the same.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError` when the task is cancelled while it waits for
    ///   room in a local subscription. Before anyone has the envelope:
    ///   ``/EventCore/EventError/malformedEnvelope(_:)`` when somebody listens on the wire and the time lies outside the
    ///   years 0000 to 9999, and ``/EventCore/EventError/transport(_:)`` when a part of the envelope is greater than
    ///   ``ZMQBusConfiguration/maximumMessageSize``.
    public func publish(_ envelope: Envelope) async throws {
        guard outbox.hasListeners else {
            try outbox.check(envelope)
            if hasSubscribers { reporter.counters.unheard.add(1, ordering: .relaxed) }
            try await local.publishNow(envelope)?.wait()
            return
        }
        let envelope = envelope.filledForPublishing()
        try outbox.send(envelope)
        try await local.publishNow(envelope)?.wait()
    }

    /// Waits until subscribers elsewhere are ready for what is published on a subject.
    ///
    /// Counts buses, each once, with a subscription whose literal prefix covers the subject. Plain SUB sockets, which
    /// do not say who they are, count as many as have subscribed to the same prefix.
    ///
    /// - Parameters:
    ///   - subject: What is going to be published on.
    ///   - count: How many subscribers to wait for; with 0 or less there is nothing to wait for.
    ///   - timeout: How long to wait at most.
    /// - Returns: Whether there were so many in time.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError` when the task is cancelled.
    public func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async throws -> Bool {
        let outcome = await commands.perform { id, waiter in
            .awaitSubscribers(subject, count: count, timeout: timeout, id: id, waiter)
        }
        switch outcome {
        case .done, .confirmed: return true
        case .timedOut: return false
        case .cancelled: throw CancellationError()
        case .closed: throw EventError.busClosed
        }
    }

    // MARK: Subscribing

    /// Begins to collect what is published on matching subjects, here and elsewhere.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: A subscription, in effect here, and at every publisher that confirmed it within
    ///   ``ZMQBusConfiguration/confirmationTimeout``; ``statistics`` count those calls after which one was missing. A
    ///   publisher to connect to is waited for while the bus has not been open for longer than that.
    /// - Throws: ``/EventCore/EventError/busClosed``; ``/EventCore/EventError/invalidConfiguration(_:)`` for a capacity
    ///   out of range and for a ``/EventCore/SubscriptionOptions/group``, since nobody in a mesh could choose between members
    ///   in several processes; `CancellationError` when the task is cancelled while it waits for publishers.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        guard options.group == nil else {
            throw EventError.invalidConfiguration(
                "a ZeroMQ mesh has no groups: each publisher sends to every process that subscribes, and nobody chooses one"
            )
        }
        guard hasPublishers else { return try await local.subscribe(to: pattern, options: options) }
        _ = await Resources.timers.value
        let prefix = WirePrefix(of: pattern)
        let commands = commands
        let opening = try local.open(pattern, options: options) { commands.post(.release(prefix)) }
        let limit = options.confirmationTimeout
        switch await commands.perform({ id, waiter in .request(pattern, limit: limit, id: id, waiter) }) {
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
        }
    }

    // MARK: Closing

    /// Closes the bus: what was published still leaves the process, within ``ZMQBusConfiguration/linger``.
    ///
    /// Returns within that time and a second, whatever state the links are in, and however many callers there are.
    public func close() async {
        outbox.close()
        deliveries.close()
        commands.post(.stop)
        _ = await Resources.timers.value
        let deadline = ContinuousClock.now + limitOfClose
        await local.close(atMost: limitOfClose)
        await finished.wait(atMost: max(.zero, deadline - .now))
    }
}
