public import CoreMetrics
public import EventCore

/// Feeds swift-metrics with what a bus does.
///
/// ```swift
/// let metrics = MetricsObserver()
/// let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
/// ```
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `event_bus_published` | counter | |
/// | `event_bus_delivered` | counter | `pattern` |
/// | `event_bus_dropped` | counter | `pattern`, `reason`: a `DropReason` |
/// | `event_bus_buffered` | meter | `pattern` |
///
/// A ``MeteredBus`` over a bus with a `Bus.link` adds what its `LinkStatistics` say:
///
/// | metric | kind | the field |
/// |---|---|---|
/// | `event_bus_link_sent` | counter | `sent` |
/// | `event_bus_link_unheard` | counter | `unheard` |
/// | `event_bus_link_queue_full_episodes` | counter | `sendQueueDropEpisodes` |
/// | `event_bus_link_received` | counter | `received` |
/// | `event_bus_link_malformed` | counter | `malformed` |
/// | `event_bus_link_echoes` | counter | `echoes` |
/// | `event_bus_link_lost` | counter | `lost` |
/// | `event_bus_link_unknown_losses` | counter | `unknownLosses` |
/// | `event_bus_link_dropped` | counter | `dropped` |
/// | `event_bus_link_overflowed` | counter | `overflowed` |
/// | `event_bus_link_unconfirmed` | counter | `unconfirmedSubscriptions` |
/// | `event_bus_link_reconnections` | counter | `reconnections` |
/// | `event_bus_link_restarted` | counter | `restartedConnections` |
/// | `event_bus_link_forbidden` | counter | `forbidden` |
/// | `event_bus_link_peers` | meter | `peers` |
///
/// A subscription with a name (`SubscriptionOptions.name`) has it in the place of its pattern. At most ``maximumPatterns``
/// names and patterns have metrics of their own, the first ones subscribed to; all others share those of
/// ``otherPatterns``. The private subjects of replies count under ``replyPatterns`` together, and patterns that hold ids
/// should be told apart by less: `label` says what stands for `graph.run.r7.>`. `event_bus_buffered` is how many envelopes
/// wait in the buffers of all subscriptions with a label; only readers know what they have taken, so it counts those that
/// were made through a ``MeteredBus``. One observer may serve several buses.
///
/// A callback costs one look-up of the subscription's id under a short lock, one of several, and the metrics backend's
/// own work; metric objects are made when a label is first subscribed to, and nothing is allocated after that.
public final class MetricsObserver: Observer {
    /// How many patterns have metrics of their own when nothing else is asked for.
    public static let defaultMaximumPatterns = 100
    /// The label that all names and patterns beyond the first ``maximumPatterns`` share, and subscriptions of a bus that
    /// does not tell when they begin.
    public static let otherPatterns = "_other"
    /// The pattern that the subscriptions share on which requests wait for their replies.
    public static let replyPatterns = "_reply"

    /// How many names and patterns have metrics of their own.
    public let maximumPatterns: Int
    private let published: Counter
    private let registry: SubscriptionRegistry
    let links: LinkMeters

    /// Creates an observer, and with it the metrics that have no pattern.
    ///
    /// - Parameters:
    ///   - prefix: What the names of the metrics begin with, before an underscore.
    ///   - maximumPatterns: How many names and patterns have metrics of their own; less than 0 counts as 0.
    ///   - label: What stands for the pattern of a subscription without a name in the dimension `pattern`, with few different values: `graph.run.*.>` for
    ///     `graph.run.r7.>`. Without it the pattern stands for itself.
    ///   - factory: Makes the metrics; `nil` means the one of the task or the one that the process has bootstrapped.
    public init(
        prefix: String = "event_bus",
        maximumPatterns: Int = defaultMaximumPatterns,
        label: @escaping @Sendable (Pattern) -> String = { $0.description },
        factory: (any MetricsFactory)? = nil
    ) {
        let factory = factory ?? MetricsSystem.factory
        self.maximumPatterns = max(0, maximumPatterns)
        published = Counter(label: "\(prefix)_published", factory: factory)
        registry = SubscriptionRegistry(
            series: SeriesTable(prefix: prefix, maximumCount: self.maximumPatterns, label: label, factory: factory)
        )
        links = LinkMeters(prefix: prefix, factory: factory)
    }

    /// The subscription, with what its readers take counted.
    func metering(_ subscription: Subscription, policy: BackpressurePolicy) -> Subscription {
        subscription.metered(by: registry.meter(subscription, policy: policy))
    }

    /// Makes the metrics of a subscription, unless others have made them.
    ///
    /// - Parameter subscription: What begins.
    public func onSubscribe(_ subscription: SubscriptionInfo) {
        registry.begin(subscription)
    }

    /// Forgets the subscription, after a while: a publish in progress may still report on it.
    ///
    /// - Parameters:
    ///   - subscription: What has ended.
    ///   - reason: What ended it.
    public func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        registry.end(subscription.id)
    }

    /// Counts a publish.
    ///
    /// - Parameter envelope: The envelope.
    public func onPublish(_ envelope: Envelope) {
        published.increment()
    }

    /// Counts a delivery under the subscription's label.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who received it.
    public func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        registry.record(.delivered, for: subscription)
    }

    /// Counts a drop under the subscription's label and the reason.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who does not receive it.
    ///   - reason: Why.
    public func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        registry.record(.dropped(reason), for: subscription)
    }
}
