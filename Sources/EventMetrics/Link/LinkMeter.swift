import EventCore

/// Knows what of one link has been counted, so that nothing counts twice however many look at it.
final class LinkMeter: Sendable {
    private struct State {
        var counted = LinkStatistics()
        /// Whoever looks again; without any, nobody would say that peers have gone.
        var pollers = 0
    }

    private let metrics: LinkMetrics
    private let state = Lock(State())

    init(_ metrics: LinkMetrics) {
        self.metrics = metrics
    }

    /// One more will look from time to time.
    func begin() {
        state.withLock { $0.pollers += 1 }
    }

    /// Counts what is new.
    func look(at link: any BusLink) {
        // Read under the lock, so that of two who look at once the second has the later figures: what is counted would
        // go back otherwise, and then count again. Metrics only add up, so their order does not matter.
        let (last, now) = state.withLock { state in
            var now = link.statistics
            if state.pollers == 0 { now.peers = 0 }
            defer { state.counted = now }
            return (state.counted, now)
        }
        metrics.record(from: last, to: now)
    }

    /// Looks a last time; once nobody is left who looks, the peers of the link no longer count.
    func end(at link: any BusLink) {
        state.withLock { $0.pollers -= 1 }
        look(at: link)
    }
}
