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
    /// How many envelopes wait; for an instant less than 0, when a reader is faster than the report of the delivery.
    private let buffered = Atomic<Int>(0)

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

    /// What is left is thrown away, or has been taken.
    func empty() {
        let rest = buffered.exchange(0, ordering: .relaxed)
        if rest != 0 { series.buffered.decrement(by: Double(rest)) }
    }

    private func fill(by count: Int) {
        buffered.add(count, ordering: .relaxed)
        series.buffered.increment(by: Double(count))
    }

    private func drain(by count: Int) {
        buffered.subtract(count, ordering: .relaxed)
        series.buffered.decrement(by: Double(count))
    }
}
