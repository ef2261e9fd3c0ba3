package import EventCore

/// What a bus has counted, beside what those who use it have counted themselves.
package struct Books: Codable, Sendable, Hashable {
    // What the bus says.
    package var sent = 0
    package var unheard = 0
    package var received = 0
    package var malformed = 0
    package var lost = 0
    package var unknownLosses = 0
    package var dropped = 0
    package var overflowed = 0
    package var unconfirmed = 0
    package var queueFull = 0

    // What its users say.
    /// How many envelopes were published, by whoever published them.
    package var published = 0
    /// How many requests were taken and answered, and how many replies came; no reader sees them.
    package var exchanged = 0
    package var readers = ReaderBooks()

    package init(_ statistics: LinkStatistics) {
        (sent, unheard) = (statistics.sent, statistics.unheard)
        (received, malformed) = (statistics.received, statistics.malformed)
        (lost, unknownLosses) = (statistics.lost, statistics.unknownLosses)
        (dropped, overflowed) = (statistics.dropped, statistics.overflowed)
        unconfirmed = statistics.unconfirmedSubscriptions
        queueFull = statistics.sendQueueDropEpisodes
    }
}

/// What subscriptions have counted, beside what their readers have.
package struct ReaderBooks: Codable, Sendable, Hashable {
    // What the subscriptions say.
    package var handed = 0
    package var buffered = 0
    package var dropped = 0

    // What the readers say.
    package var taken = 0
    /// How many of those came from elsewhere.
    package var foreign = 0
    /// How many came twice.
    package var repeated = 0
    /// From the first to the last number of each publisher, how many there are: what a reader that missed none has taken.
    package var spanned = 0

    package init() {}

    package static func + (one: ReaderBooks, other: ReaderBooks) -> ReaderBooks {
        var sum = one
        sum.handed += other.handed
        sum.buffered += other.buffered
        sum.dropped += other.dropped
        sum.taken += other.taken
        sum.foreign += other.foreign
        sum.repeated += other.repeated
        sum.spanned += other.spanned
        return sum
    }
}
