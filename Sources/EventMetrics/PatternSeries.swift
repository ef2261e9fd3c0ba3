import CoreMetrics
import EventCore

/// The metrics of one pattern.
final class PatternSeries: Sendable {
    let delivered: Counter
    /// In how many buffers of this pattern how many envelopes wait.
    let buffered: BufferGauge
    private let dropped: [Counter]

    init(pattern: String, prefix: String, factory: any MetricsFactory) {
        let dimensions = [("pattern", pattern)]
        delivered = Counter(label: "\(prefix)_delivered", dimensions: dimensions, factory: factory)
        buffered = BufferGauge(Meter(label: "\(prefix)_buffered", dimensions: dimensions, factory: factory))
        dropped = DropReason.allCases.map { reason in
            Counter(
                label: "\(prefix)_dropped",
                dimensions: dimensions + [("reason", reason.rawValue)],
                factory: factory
            )
        }
    }

    /// Counts what happened to a subscription that is not known.
    func record(_ event: SubscriptionEvent) {
        switch event {
        case .delivered: delivered.increment()
        case .dropped(let reason): dropped(because: reason).increment()
        }
    }

    func dropped(because reason: DropReason) -> Counter {
        switch reason {
        case .bufferFull: dropped[0]
        case .closed: dropped[1]
        case .cancelled: dropped[2]
        }
    }
}

/// The metrics of all labels: of the first ones each its own, of the others one for all.
final class SeriesTable: Sendable {
    let others: PatternSeries
    private let replies: PatternSeries
    /// By label.
    private let known = Lock<[String: PatternSeries]>([:])
    private let label: @Sendable (Pattern) -> String
    private let prefix: String
    private let maximumCount: Int
    private let factory: any MetricsFactory

    init(
        prefix: String,
        maximumCount: Int,
        label: @escaping @Sendable (Pattern) -> String,
        factory: any MetricsFactory
    ) {
        (self.prefix, self.maximumCount, self.label, self.factory) = (prefix, maximumCount, label, factory)
        others = PatternSeries(pattern: MetricsObserver.otherPatterns, prefix: prefix, factory: factory)
        replies = PatternSeries(pattern: MetricsObserver.replyPatterns, prefix: prefix, factory: factory)
    }

    subscript(subscription: SubscriptionInfo) -> PatternSeries {
        if subscription.pattern.isReplyAddress { return replies }
        let label = subscription.name?.printable ?? label(subscription.pattern)
        return known.withLock { known in
            if let series = known[label] { return series }
            guard known.count < maximumCount else { return others }
            let series = PatternSeries(pattern: label, prefix: prefix, factory: factory)
            known[label] = series
            return series
        }
    }
}
