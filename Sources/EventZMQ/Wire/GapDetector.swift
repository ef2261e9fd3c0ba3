import EventCore

/// Notices from the numbers of what arrives that something did not.
///
/// Whoever subscribes to a subject receives every number of it, so a number left out is a loss. The first sight of a
/// subject is none, nor is a number that goes back, with which a publisher starts again, nor one left out while the bus
/// was not subscribed.
struct GapDetector: Sendable {
    static let defaultCapacity = 1 << 16
    /// How many prefixes that were given up are remembered; what happened longer ago counts as not subscribed.
    private static let memoryOfReleases = 1024

    private struct Key: Hashable {
        var origin: String
        var subject: Subject
    }

    private struct Seen {
        var number: UInt64
        /// How many prefixes had been given up by then.
        var releases: Int
    }

    private var seen: RecentTable<Key, Seen>
    private var released: [WirePrefix] = []
    private var releases = 0

    init(capacity: Int = defaultCapacity) {
        seen = RecentTable(capacity: capacity)
    }

    /// The bus has given up its subscription to a prefix.
    mutating func released(_ prefix: WirePrefix) {
        releases += 1
        released.append(prefix)
        if released.count > 2 * Self.memoryOfReleases { released.removeFirst(Self.memoryOfReleases) }
    }

    /// Takes note of a number.
    ///
    /// - Returns: How many were left out before it.
    mutating func received(_ number: UInt64, of subject: Subject, from origin: String) -> UInt64 {
        let current = Seen(number: number, releases: releases)
        let previous = seen.update(Key(origin: origin, subject: subject), initial: current) { entry, isKnown in
            defer { entry = current }
            return isKnown ? entry : nil
        }
        guard let previous, number > previous.number else { return 0 }
        let missed = number - previous.number - 1
        guard missed > 0, wasSubscribed(to: subject, since: previous.releases) else { return 0 }
        return missed
    }

    private func wasSubscribed(to subject: Subject, since count: Int) -> Bool {
        let recent = releases - count
        guard recent <= released.count else { return false }
        return !released.suffix(recent).contains { $0.covers(subject) }
    }
}
