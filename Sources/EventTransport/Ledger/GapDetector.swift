package import EventCore

/// Notices from the numbers of what foreign publishers send, by subject, that something did not arrive.
///
/// Buses keep a ledger instead. The first sight of a subject is no gap, nor is a number that goes back, with which a
/// publisher starts again, nor one so far ahead that it cannot be true, nor one left out while a prefix that covers the
/// subject was not subscribed to.
package struct GapDetector: Sendable {
    package static let defaultCapacity = 1 << 16
    /// Of the names of origins and subjects that are remembered.
    static let byteLimit = 1 << 23
    /// More than that nobody sends between two envelopes that arrive.
    private static let plausibleGap: UInt64 = 1 << 32

    private struct Key: RecentKey {
        var origin: String
        var subject: Subject

        var byteCount: Int { origin.utf8.count + subject.byteCount }
    }

    private struct Seen {
        var number: UInt64
        /// The bus's last announcement by then.
        var announcement: UInt64
    }

    private var seen: RecentTable<Key, Seen>

    package init(capacity: Int = defaultCapacity) {
        seen = RecentTable(capacity: capacity, byteLimit: Self.byteLimit)
    }

    /// Takes note of a number.
    ///
    /// - Parameters:
    ///   - number: The number.
    ///   - subject: What it counts.
    ///   - origin: Who counts.
    ///   - announcement: The number of the bus's last announcement.
    ///   - firstCovering: The least number of those announcements in effect whose prefix covers the subject.
    /// - Returns: How many were left out before it.
    package mutating func received(
        _ number: UInt64,
        of subject: Subject,
        from origin: String,
        after announcement: UInt64,
        firstCovering: () -> UInt64?
    ) -> UInt64 {
        let current = Seen(number: number, announcement: announcement)
        let place = seen.place(of: Key(origin: origin, subject: subject), initial: current)
        let previous = seen[place]
        seen[place] = current
        guard number > previous.number else { return 0 }
        let missed = number - previous.number - 1
        guard missed > 0, missed <= Self.plausibleGap, let first = firstCovering() else { return 0 }
        // One that was in effect then already has been so all the time.
        return first <= previous.announcement ? missed : 0
    }
}

extension Subject: RecentKey {
    @inlinable package var byteCount: Int { rawValue.utf8.count }
}
