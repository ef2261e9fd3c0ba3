/// Waits, after a connection was made, until the other buses are heard of.
///
/// What is published before they are back reaches nobody: when a server is started anew, publishers return before
/// subscribers. So whoever was there before is waited for; otherwise until nobody new has spoken for a moment.
struct Gathering: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How long others are waited for.
    static let limit = Duration.seconds(2)
    /// How long the first one is, when nobody was there before.
    static let silence = Duration.milliseconds(250)
    /// How long after each of them the next one is.
    static let quiet = Duration.milliseconds(20)

    private var expected: Set<String>
    private let since: Instant
    private var quietUntil: Instant
    private let end: Instant

    init(expected: Set<String>, now: Instant) {
        self.expected = expected
        since = now
        quietUntil = now + (expected.isEmpty ? Self.silence : Self.quiet)
        end = now + Self.limit
    }

    /// Who was there before and has not been heard of yet.
    var missing: [String] { expected.sorted() }

    mutating func heard(_ bus: String, now: Instant) {
        expected.remove(bus)
        // From far away they come further apart.
        quietUntil = now + max(Self.quiet, now - since)
    }

    /// A bus has gone; it is not coming.
    mutating func gone(_ bus: String) { expected.remove(bus) }

    /// The server says that nobody else is there, for the time being.
    mutating func isAlone(now: Instant) { quietUntil = now }

    func isOver(_ now: Instant) -> Bool { now >= end || expected.isEmpty && now >= quietUntil }

    var deadline: Instant { expected.isEmpty ? min(quietUntil, end) : end }
}
