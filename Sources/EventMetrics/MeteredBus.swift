public import EventCore

/// A bus that tells a ``MetricsObserver`` what readers take, and what its link sends and loses.
///
/// ```swift
/// let metrics = MetricsObserver(prefix: "shop")
/// let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
/// ```
///
/// All calls go to ``base``, which has to report to the same observer; the bus itself adds nothing to a publish.
///
/// Where ``base`` has a ``link``, what its statistics say is counted too, without a further call: at once, again in each
/// interval, and a last time when the bus is closed, by whom ever, or nothing refers to the metered bus any more.
/// Everything counts since ``base`` was opened. Several metered buses with the same observer over the same link count it
/// once; with different observers each counts all of it, under its own prefix. A link that is a value and no object
/// cannot be recognised, so wrap its bus once.
public struct MeteredBus: Bus {
    /// The bus that does the work.
    public let base: any Bus
    let metrics: MetricsObserver
    let poller: LinkPoller?

    /// Wraps a bus.
    ///
    /// - Parameters:
    ///   - base: The bus that does the work and reports to `metrics`, alone or through a `CombinedObserver`.
    ///   - metrics: The observer of `base`.
    ///   - linkInterval: The time between two looks at the statistics of the link; less than 10 ms counts as that.
    public init(_ base: any Bus, metrics: MetricsObserver, linkInterval: Duration = .seconds(1)) {
        self.init(base, metrics: metrics) {
            try await AlarmClock.shared.sleep(for: max(linkInterval, .milliseconds(10)))
        }
    }

    /// Wraps a bus, and looks at its link whenever `pause` returns.
    init(_ base: any Bus, metrics: MetricsObserver, pause: @escaping @Sendable () async throws -> Void) {
        self.base = base
        self.metrics = metrics
        poller = base.link.map { LinkPoller($0, meter: metrics.links[$0], pause: pause) }
    }

    /// Publishes on ``base``.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: What ``base`` throws.
    public func publish(_ envelope: Envelope) async throws {
        try await base.publish(envelope)
    }

    /// Subscribes on ``base`` and counts what waits in the buffer.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: What ``base`` throws.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        let subscription = try await base.subscribe(to: pattern, options: options)
        return metrics.metering(subscription, policy: options.backpressure)
    }

    /// The link of ``base``.
    public var link: (any BusLink)? { base.link }

    /// Closes ``base``, and counts what its link had to tell until the end.
    public func close() async {
        poller?.look()
        await base.close()
        await poller?.end()
    }
}
