import CoreMetrics
import EventCore
import Synchronization

/// What a bus reports about one subscription.
enum SubscriptionEvent {
    case delivered
    case dropped(DropReason)
}

/// Counts what happens to one subscription, in the metrics that it shares with others of its label.
final class SubscriptionSeries: Sendable {
    private let series: PatternSeries
    private let policy: BackpressurePolicy
    /// How many envelopes wait, times two, and 1 while somebody tells what readers take.
    ///
    /// Only then are they part of what the meter shows; a bus may deliver before `subscribe` has returned, and nobody can
    /// follow the readers until then. Both are one number, so a delivery is counted either by its report or by ``follow()``.
    /// For an instant it is less than 0, when a reader is faster than the report of the delivery; far below that once
    /// nobody can take any more.
    private let buffered = Atomic<Int>(0)
    private static let one = 2
    private static let followed = 1
    private static let gone = Int.min / 2

    init(_ series: PatternSeries, policy: BackpressurePolicy) {
        self.series = series
        self.policy = policy
    }

    func record(_ event: SubscriptionEvent) {
        switch event {
        case .delivered:
            series.delivered.increment()
            change(by: 1)
        case .dropped(let reason):
            series.dropped(because: reason).increment()
            // What has to make room was delivered before.
            if policy == .dropOldest, reason == .bufferFull { change(by: -1) }
        }
    }

    /// From now on readers tell what they take.
    func follow() {
        let before = buffered.bitwiseOr(Self.followed, ordering: .relaxed).oldValue
        guard !Self.isGone(before), before & Self.followed == 0 else { return }
        show(before)
    }

    func took() {
        change(by: -1)
    }

    /// Nothing is left to take, nor will be; reports that come late no longer count as buffered.
    func close() {
        let rest = buffered.exchange(Self.gone, ordering: .relaxed)
        if !Self.isGone(rest), rest & Self.followed != 0 { show(-(rest & ~Self.followed)) }
    }

    private func change(by count: Int) {
        let before = buffered.add(count * Self.one, ordering: .relaxed).oldValue
        if !Self.isGone(before), before & Self.followed != 0 { series.buffered.add(count) }
    }

    /// Adds a state, as the number above holds it, to the meter.
    private func show(_ state: Int) {
        let count = state / Self.one
        if count != 0 { series.buffered.add(count) }
    }

    private static func isGone(_ state: Int) -> Bool { state < gone / 2 }
}
