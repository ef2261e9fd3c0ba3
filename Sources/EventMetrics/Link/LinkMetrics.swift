import CoreMetrics
import EventCore

/// The metrics of links: of all that one observer has to do with together.
struct LinkMetrics: Sendable {
    /// What only grows, by the names of the metrics.
    static let counts: [(name: String, value: any KeyPath<LinkStatistics, Int> & Sendable)] = [
        ("sent", \.sent),
        ("unheard", \.unheard),
        ("queue_full_episodes", \.sendQueueDropEpisodes),
        ("received", \.received),
        ("malformed", \.malformed),
        ("echoes", \.echoes),
        ("lost", \.lost),
        ("unknown_losses", \.unknownLosses),
        ("dropped", \.dropped),
        ("overflowed", \.overflowed),
        ("unconfirmed", \.unconfirmedSubscriptions),
        ("reconnections", \.reconnections),
        ("restarted", \.restartedConnections),
        ("forbidden", \.forbidden),
    ]

    private let counters: [Counter]
    private let peers: Meter

    init(prefix: String, factory: any MetricsFactory) {
        counters = Self.counts.map { Counter(label: "\(prefix)_link_\($0.name)", factory: factory) }
        peers = Meter(label: "\(prefix)_link_peers", factory: factory)
    }

    /// Counts what a link has told between two looks at it.
    func record(from last: LinkStatistics, to now: LinkStatistics) {
        for (counter, count) in zip(counters, Self.counts) {
            let increase = now[keyPath: count.value] - last[keyPath: count.value]
            if increase > 0 { counter.increment(by: increase) }
        }
        // Several links share the meter, so it is moved and not set.
        let change = Double(now.peers - last.peers)
        if change > 0 { peers.increment(by: change) }
        if change < 0 { peers.decrement(by: -change) }
    }
}
