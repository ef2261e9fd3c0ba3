package import EventCore

/// What a process of the integration tests or the reports answers; one line of JSON on its standard output.
package enum PeerReport: Codable, Sendable {
    /// The bus is open; with the endpoints it has bound.
    case opened(endpoints: [String])
    case done
    case received(Tally)
    case counted(Counts)
    case closed(milliseconds: Int)
    case cycled(before: ProcessResources, after: ProcessResources)
    /// The subscriptions are made: how long that took, and how many publishers had not confirmed by then.
    case subscribed(milliseconds: Int, unconfirmed: Int)
    case books(Books)
    case exchanged(ExchangeReport)
    /// How many times something was done while descriptors ran out, and what was said about it.
    case exhausted(opened: Int, refusals: [String])
}

/// What has become of the numbers that a subscription should receive in order, one by one from each publisher.
package struct Tally: Codable, Sendable, Hashable {
    package var received = 0
    /// How many came after a greater one of the same publisher.
    package var misordered = 0
    /// How many were left out between others of the same publisher.
    package var missing = 0

    package init(received: Int = 0, misordered: Int = 0, missing: Int = 0) {
        self.received = received
        self.misordered = misordered
        self.missing = missing
    }

    package static func + (one: Tally, other: Tally) -> Tally {
        Tally(
            received: one.received + other.received,
            misordered: one.misordered + other.misordered,
            missing: one.missing + other.missing
        )
    }
}

/// What a bus has counted.
package struct Counts: Codable, Sendable, Hashable {
    package var sent: Int
    package var received: Int
    package var malformed: Int
    package var unconfirmed: Int
    package var dropEpisodes: Int
    package var lost: Int

    package init(_ statistics: LinkStatistics) {
        sent = statistics.sent
        received = statistics.received
        malformed = statistics.malformed
        unconfirmed = statistics.unconfirmedSubscriptions
        dropEpisodes = statistics.sendQueueDropEpisodes
        lost = statistics.lost
    }
}
