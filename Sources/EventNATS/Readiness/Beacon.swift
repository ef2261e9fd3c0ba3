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
    /// So much longer for each of the others, each of which hears it: on average at most 50 a second come to a bus.
    static let perPeer = Duration.milliseconds(20)

    private var interval = first
    /// Buses wait differently long, or those that a server has brought back together would speak together ever after.
    private let share: Double
    private(set) var dueAt: Instant

    /// Creates the times of a bus that has just connected.
    init(of bus: String, now: Instant) {
        share = 0.75 + 0.5 * Double(Digest(of: bus).value % 1024) / 1024
        dueAt = now + interval * share
    }

    /// Whether it is time, and then when the next time is.
    mutating func isDue(_ now: Instant, peerCount: @autoclosure () -> Int) -> Bool {
        guard dueAt <= now else { return false }
        interval = min(interval * 2, Self.usual)
        dueAt = now + max(interval, Self.perPeer * peerCount()) * share
        return true
    }
}
