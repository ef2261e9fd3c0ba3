package import EventCore
package import Synchronization

/// The numbers behind `LinkStatistics`; counted from any thread.
package final class Counters: Sendable {
    // All relaxed: each number only grows and guards nothing, and no two are promised to fit together at one moment. What is
    // counted before it is handed on, as `received` is, whoever got it sees counted: the lock of its mailbox lies in between.
    package let sent = Atomic<Int>(0)
    package let unheard = Atomic<Int>(0)
    package let received = Atomic<Int>(0)
    package let dropped = Atomic<Int>(0)
    package let overflowed = Atomic<Int>(0)
    package let malformed = Atomic<Int>(0)
    package let forbidden = Atomic<Int>(0)
    package let echoes = Atomic<Int>(0)
    package let unconfirmed = Atomic<Int>(0)
    package let restarts = Atomic<Int>(0)
    package let reconnections = Atomic<Int>(0)
    private let rare = Lock(Rare())

    package init() {}

    private static let maximumNames = 1024

    /// What is counted seldom, by name.
    private struct Rare {
        var losses = 0
        var unknownLosses = 0
        var lost = 0
        var lostByOrigin: [String: Int] = [:]
        var lostByPrefix: [String: Int] = [:]
        var dropEpisodes = 0
        var dropEpisodesByEndpoint: [String: Int] = [:]
    }

    /// Counts a loss, or with less than 0 what was only late.
    ///
    /// - Returns: How many losses there have been, of whatever size.
    package func lost(_ count: Int, from origin: String, byPrefix: [String: Int]) -> Int {
        rare.withLock { rare in
            if count > 0 { rare.losses += 1 }
            rare.lost = rare.lost.clampedSum(with: count)
            rare.lostByOrigin.add(count, to: origin, atMost: Self.maximumNames)
            for (prefix, count) in byPrefix {
                rare.lostByPrefix.add(count, to: prefix, atMost: Self.maximumNames)
            }
            return rare.losses
        }
    }

    /// Counts a loss of unknown size; returns how many there have been.
    package func lostUnknown() -> Int {
        rare.withLock { rare in
            rare.unknownLosses += 1
            return rare.unknownLosses
        }
    }

    /// Counts an episode in which a queue is full; returns how many there have been.
    package func queueFull(at endpoint: String) -> Int {
        rare.withLock { rare in
            rare.dropEpisodes += 1
            rare.dropEpisodesByEndpoint.add(1, to: endpoint, atMost: Self.maximumNames)
            return rare.dropEpisodes
        }
    }

    package var statistics: LinkStatistics {
        var statistics = LinkStatistics()
        statistics.sent = sent.load(ordering: .relaxed)
        statistics.unheard = unheard.load(ordering: .relaxed)
        statistics.received = received.load(ordering: .relaxed)
        statistics.dropped = dropped.load(ordering: .relaxed)
        statistics.overflowed = overflowed.load(ordering: .relaxed)
        statistics.malformed = malformed.load(ordering: .relaxed)
        statistics.forbidden = forbidden.load(ordering: .relaxed)
        statistics.echoes = echoes.load(ordering: .relaxed)
        statistics.unconfirmedSubscriptions = unconfirmed.load(ordering: .relaxed)
        statistics.restartedConnections = restarts.load(ordering: .relaxed)
        statistics.reconnections = reconnections.load(ordering: .relaxed)
        rare.withLock { rare in
            statistics.lost = max(0, rare.lost)
            statistics.lostByOrigin = rare.lostByOrigin.filter { $0.value > 0 }
            statistics.lostByPrefix = rare.lostByPrefix.filter { $0.value > 0 }
            statistics.unknownLosses = rare.unknownLosses
            statistics.sendQueueDropEpisodes = rare.dropEpisodes
            statistics.sendQueueDropEpisodesByEndpoint = rare.dropEpisodesByEndpoint
        }
        return statistics
    }
}

extension [String: Int] {
    /// Adds to a count; there are so many different ones at most.
    fileprivate mutating func add(_ number: Int, to name: String, atMost limit: Int) {
        if let known = self[name] {
            self[name] = known.clampedSum(with: number)
        } else if count < limit {
            self[name] = number
        }
    }
}

extension Int {
    /// The sum, or the number that is nearest to it: what strangers say that they have published adds up to anything.
    fileprivate func clampedSum(with other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        guard overflows else { return sum }
        return other > 0 ? .max : .min
    }
}
