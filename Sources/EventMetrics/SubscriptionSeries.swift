import CoreMetrics
import EventCore
import Synchronization

/// What a bus reports about one subscription.
enum SubscriptionEvent {
    case delivered
    case dropped(DropReason)
}

/// Counts what happens to one subscription under its pattern.
final class SubscriptionSeries: Sendable {
    private let series: PatternSeries
    /// `nil` when nobody tells what readers take, so that buffers cannot be followed.
    private let policy: BackpressurePolicy?
    /// How many envelopes wait.
    ///
    /// For an instant less than 0, when a reader is faster than the report of the delivery; far below that once nobody can
    /// take any more.
    private let buffered = Atomic<Int>(0)
    private static let gone = Int.min / 2

    init(_ series: PatternSeries, policy: BackpressurePolicy?) {
        self.series = series
        self.policy = policy
    }

    func record(_ event: SubscriptionEvent, times: Int = 1) {
        switch event {
        case .delivered:
            series.delivered.increment(by: times)
            if policy != nil { fill(by: times) }
        case .dropped(let reason):
            series.dropped(because: reason).increment(by: times)
            // What has to make room was delivered before.
            if policy == .dropOldest, reason == .bufferFull { drain(by: times) }
        }
    }

    func took() {
        drain(by: 1)
    }

    /// Nothing is left to take, nor will be; reports that come late no longer count as buffered.
    func close() {
        let rest = buffered.exchange(Self.gone, ordering: .relaxed)
        if rest != 0, !Self.isGone(rest) { series.buffered.add(-rest) }
    }

    private func fill(by count: Int) {
        guard !Self.isGone(buffered.add(count, ordering: .relaxed).oldValue) else { return }
        series.buffered.add(count)
    }

    private func drain(by count: Int) {
        guard !Self.isGone(buffered.subtract(count, ordering: .relaxed).oldValue) else { return }
        series.buffered.add(-count)
    }

    private static func isGone(_ count: Int) -> Bool { count < gone / 2 }
}
