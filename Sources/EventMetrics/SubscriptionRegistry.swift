import EventCore

/// Which subscription counts under which pattern.
///
/// A bus may report on a subscription before `subscribe` has returned its id. While any call of `subscribe` is under way,
/// reports on ids that are not known are set aside, and counted when the id is registered or nothing can be any more.
final class SubscriptionRegistry: Sendable {
    private struct Shard {
        var series: [SubscriptionID: SubscriptionSeries] = [:]
        /// Subscriptions that are gone, the last ones last: a bus may still be about to report on them.
        var gone: [SubscriptionID] = []
    }

    /// Of so many subscriptions that are gone, and up to twice as many, a shard knows what pattern they had.
    private static let goneCount = 64

    /// How often what happened to a subscription that is not known yet.
    private struct Tally {
        var delivered = 0
        var dropped: [DropReason: Int] = [:]

        mutating func add(_ event: SubscriptionEvent) {
            switch event {
            case .delivered: delivered += 1
            case .dropped(let reason): dropped[reason, default: 0] += 1
            }
        }

        func record(in series: SubscriptionSeries) {
            if delivered > 0 { series.record(.delivered, times: delivered) }
            for (reason, count) in dropped { series.record(.dropped(reason), times: count) }
        }
    }

    private struct Openings {
        var count = 0
        var early: [SubscriptionID: Tally] = [:]
    }

    private final class ShardBox: Sendable {
        let state = Lock(Shard())
    }

    private let table: SeriesTable
    private let untracked: SubscriptionSeries
    private let shards = (0..<8).map { _ in ShardBox() }
    /// Taken before the lock of a shard, never after it.
    private let openings = Lock(Openings())

    init(series table: SeriesTable) {
        self.table = table
        untracked = SubscriptionSeries(table.untracked, policy: nil)
    }

    // MARK: Subscriptions

    /// A call of `subscribe` begins.
    func open() {
        openings.withLock { $0.count += 1 }
    }

    /// A call of `subscribe` is over; when it was the last, what was set aside belongs to nobody.
    func finishOpening() {
        let strays = openings.withLock { openings -> [SubscriptionID: Tally] in
            openings.count -= 1
            guard openings.count == 0 else { return [:] }
            defer { openings.early = [:] }
            return openings.early
        }
        for tally in strays.values { tally.record(in: untracked) }
    }

    /// Counts what has happened to a subscription, and will happen, under its pattern.
    func register(_ subscription: Subscription, policy: BackpressurePolicy) -> Registration {
        let series = SubscriptionSeries(table[subscription.pattern], policy: policy)
        let early = openings.withLock { openings in
            shard(of: subscription.id).state.withLock { $0.series[subscription.id] = series }
            return openings.early.removeValue(forKey: subscription.id)
        }
        early?.record(in: series)
        return Registration(id: subscription.id, series: series, registry: self)
    }

    /// Keeps a subscription registered for as long as anything refers to it.
    final class Registration: SubscriptionMeter {
        private let id: SubscriptionID
        private let series: SubscriptionSeries
        private let registry: SubscriptionRegistry

        init(id: SubscriptionID, series: SubscriptionSeries, registry: SubscriptionRegistry) {
            (self.id, self.series, self.registry) = (id, series, registry)
        }

        deinit {
            registry.retire(id)
            series.close()
        }

        func onTake() { series.took() }

        func onEnd() { series.close() }
    }

    private func retire(_ id: SubscriptionID) {
        shard(of: id).state.withLock { shard in
            shard.gone.append(id)
            guard shard.gone.count > 2 * Self.goneCount else { return }
            for id in shard.gone.prefix(Self.goneCount) { shard.series[id] = nil }
            shard.gone.removeFirst(Self.goneCount)
        }
    }

    // MARK: Reports

    func record(_ event: SubscriptionEvent, for id: SubscriptionID) {
        if let series = series(of: id) {
            series.record(event)
        } else {
            recordUnknown(event, for: id)
        }
    }

    private func recordUnknown(_ event: SubscriptionEvent, for id: SubscriptionID) {
        let known = openings.withLock { openings -> SubscriptionSeries? in
            if let series = series(of: id) { return series }
            guard openings.count > 0 else { return untracked }
            openings.early[id, default: Tally()].add(event)
            return nil
        }
        known?.record(event)
    }

    private func series(of id: SubscriptionID) -> SubscriptionSeries? {
        shard(of: id).state.withLock { $0.series[id] }
    }

    /// Ids that count up differ in their last byte.
    private func shard(of id: SubscriptionID) -> ShardBox {
        shards[Int(id.rawValue.utf8.last ?? 0) & 7]
    }
}
