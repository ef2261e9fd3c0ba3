/// When a bus says again that it is there.
///
/// What it says when it connects may reach nobody: a server that was restarted takes clients before it has found the other
/// servers of its cluster, and servers may lose each other later. Neither side is told when they are together again, so each
/// bus says a few words now and then, and only those who did not know answer.
struct Beacon: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How long after it has connected a bus says so for the first time; from then on it waits twice as long each time.
    static let first = Duration.milliseconds(500)
    static let usual = Duration.seconds(10)
    /// So much longer for each of the others, each of which hears it: at most 50 a second come to a bus.
    static let perPeer = Duration.milliseconds(20)

    private var interval = first
    private(set) var dueAt: Instant

    init(now: Instant) {
        dueAt = now + interval
    }

    /// Whether it is time, and then when the next time is.
    mutating func isDue(_ now: Instant, peerCount: @autoclosure () -> Int) -> Bool {
        guard dueAt <= now else { return false }
        interval = min(interval * 2, Self.usual)
        dueAt = now + max(interval, Self.perPeer * peerCount())
        return true
    }
}
