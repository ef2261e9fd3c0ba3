import CoreMetrics
import Synchronization

/// A meter of what several threads put in and take out, which never shows less than nothing.
///
/// A reader may report what it took before the publisher reports that it is there, so the true count falls below 0 for an
/// instant. And two threads that tell a meter of their changes one after the other may be overtaken, so only one of them
/// at a time does, for all.
final class BufferGauge: Sendable {
    private let meter: Meter
    private let count = Atomic<Int>(0)
    /// How many changes of the count are not shown yet; whoever makes it 1 shows them all.
    // Why the last value shown is the last count: a change is counted first and announced here then, releasing. Whoever shows
    // takes off here, acquiring, as many as it knew of; if more were announced it reads the count again, with those. If none
    // were, the next one finds 0 and shows, and acquiring sees what was shown before. With relaxed ones a change could be
    // taken off before its count is seen, and would never be shown, or an older count be shown after a newer one.
    private let changes = Atomic<Int>(0)
    /// What the meter shows; touched by the one thread that shows.
    private let shown = Atomic<Int>(0)

    init(_ meter: Meter) {
        self.meter = meter
    }

    func add(_ change: Int) {
        count.add(change, ordering: .relaxed)
        guard changes.add(1, ordering: .acquiringAndReleasing).oldValue == 0 else { return }
        var pending = 1
        repeat {
            show(max(0, count.load(ordering: .relaxed)))
            pending = changes.subtract(pending, ordering: .acquiringAndReleasing).newValue
        } while pending > 0
    }

    private func show(_ value: Int) {
        let change = value - shown.exchange(value, ordering: .relaxed)
        if change > 0 { meter.increment(by: Double(change)) }
        if change < 0 { meter.decrement(by: Double(-change)) }
    }
}
