import EventCore
import Synchronization

/// The numbers behind ``ZMQBusStatistics``; counted from any thread.
final class Counters: Sendable {
    let sent = Atomic<Int>(0)
    let received = Atomic<Int>(0)
    let malformed = Atomic<Int>(0)
    let echoes = Atomic<Int>(0)
    let unconfirmed = Atomic<Int>(0)
    let dropEpisodes = Atomic<Int>(0)
    let restarts = Atomic<Int>(0)
    private let lost = Lock(Lost())

    private static let maximumOrigins = 1024

    private struct Lost {
        var times = 0
        var total = 0
        var byOrigin: [String: Int] = [:]
    }

    /// Counts a loss; returns how many there have been, of whatever size.
    func lost(_ count: Int, from origin: String) -> Int {
        lost.withLock { lost in
            lost.times += 1
            lost.total = lost.total.addingClamped(count)
            if let known = lost.byOrigin[origin] {
                lost.byOrigin[origin] = known.addingClamped(count)
            } else if lost.byOrigin.count < Self.maximumOrigins {
                lost.byOrigin[origin] = count
            }
            return lost.times
        }
    }

    var statistics: ZMQBusStatistics {
        var statistics = ZMQBusStatistics()
        statistics.sent = sent.load(ordering: .relaxed)
        statistics.received = received.load(ordering: .relaxed)
        statistics.malformed = malformed.load(ordering: .relaxed)
        statistics.echoes = echoes.load(ordering: .relaxed)
        statistics.unconfirmedSubscriptions = unconfirmed.load(ordering: .relaxed)
        statistics.sendQueueDropEpisodes = dropEpisodes.load(ordering: .relaxed)
        statistics.restartedConnections = restarts.load(ordering: .relaxed)
        (statistics.lost, statistics.lostByOrigin) = lost.withLock { ($0.total, $0.byOrigin) }
        return statistics
    }
}

extension Int {
    /// The sum, or the greatest number: what comes off the wire may claim any count.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
