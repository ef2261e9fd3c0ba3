import EventCore
import Synchronization

/// Which subscription counts in which metrics: from its beginning on, until those of its publishes are over that were in
/// progress at its end.
final class SubscriptionRegistry: Sendable {
    private struct Shard {
        var series: [SubscriptionID: SubscriptionSeries] = [:]
        /// Subscriptions that have ended, the last ones last: a publish in progress may still report on them.
        var ended: [SubscriptionID] = []
    }

    /// Of so many subscriptions that have ended, and up to twice as many, a shard knows what metrics they had.
    private static let endedCount = 64

    private final class ShardBox: Sendable {
        let state = Lock(Shard())
    }

    private let table: SeriesTable
    private let shards = (0..<8).map { _ in ShardBox() }

    init(series table: SeriesTable) {
        self.table = table
    }

    // MARK: Subscriptions

    /// A subscription begins; once for each.
    func begin(_ subscription: SubscriptionInfo) {
        let series = SubscriptionSeries(table[subscription], policy: subscription.backpressure)
        shard(of: subscription.id).state.withLock { $0.series[subscription.id] = series }
    }

    /// A subscription has ended; once for each.
    func end(_ id: SubscriptionID) {
        shard(of: id).state.withLock { shard in
            shard.ended.append(id)
            guard shard.ended.count > 2 * Self.endedCount else { return }
            for id in shard.ended.prefix(Self.endedCount) { shard.series[id] = nil }
            shard.ended.removeFirst(Self.endedCount)
        }
    }

    /// Follows what readers take from a subscription.
    ///
    /// A bus that reports to somebody else has not told of it, and will not tell of its end, which the meter does then.
    func meter(_ subscription: Subscription, policy: BackpressurePolicy) -> any SubscriptionMeter {
        let id = subscription.id
        if let series = series(of: id) { return ReaderMeter(series) {} }
        begin(SubscriptionInfo(id: id, pattern: subscription.pattern, name: subscription.name, backpressure: policy))
        let series = series(of: id) ?? SubscriptionSeries(table.others, policy: policy)
        return ReaderMeter(series) { [self] in end(id) }
    }

    /// Counts as buffered what readers have not taken, for as long as anything refers to the subscription.
    private final class ReaderMeter: SubscriptionMeter {
        private let series: SubscriptionSeries
        private let onRelease: @Sendable () -> Void

        init(_ series: SubscriptionSeries, onRelease: @escaping @Sendable () -> Void) {
            (self.series, self.onRelease) = (series, onRelease)
            series.follow()
        }

        deinit {
            series.close()
            onRelease()
        }

        func onTake() { series.took() }

        func onEnd() { series.close() }
    }

    // MARK: Reports

    /// Counts what happened to a subscription; one that nobody has told of shares the metrics of those beyond the limit.
    func record(_ event: SubscriptionEvent, for id: SubscriptionID) {
        if let series = series(of: id) {
            series.record(event)
        } else {
            table.others.record(event)
        }
    }

    private func series(of id: SubscriptionID) -> SubscriptionSeries? {
        shard(of: id).state.withLock { $0.series[id] }
    }

    /// Ids that count up differ in their last byte.
    private func shard(of id: SubscriptionID) -> ShardBox {
        shards[Int(id.rawValue.utf8.last ?? 0) & 7]
    }
}
