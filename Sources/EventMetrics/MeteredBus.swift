public import EventCore

/// A bus whose subscriptions are known to a ``MetricsObserver`` by their patterns.
///
/// ```swift
/// let metrics = MetricsObserver(prefix: "shop")
/// let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
/// ```
///
/// All calls go to ``base``, which has to report to the same observer; the bus itself adds nothing to a publish.
public struct MeteredBus: Bus {
    /// The bus that does the work.
    public let base: any Bus
    private let metrics: MetricsObserver

    /// Wraps a bus.
    ///
    /// - Parameters:
    ///   - base: The bus that does the work and reports to `metrics`, alone or through a `CombinedObserver`.
    ///   - metrics: The observer of `base`.
    public init(_ base: any Bus, metrics: MetricsObserver) {
        self.base = base
        self.metrics = metrics
    }

    /// Publishes on ``base``.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: What ``base`` throws.
    public func publish(_ envelope: Envelope) async throws {
        try await base.publish(envelope)
    }

    /// Subscribes on ``base`` and counts what happens to the subscription under its pattern.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: What ``base`` throws.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await metrics.track(policy: options.backpressure) {
            try await base.subscribe(to: pattern, options: options)
        }
    }

    /// The link of ``base``.
    public var link: (any BusLink)? { base.link }

    /// Closes ``base``.
    public func close() async {
        await base.close()
    }
}
