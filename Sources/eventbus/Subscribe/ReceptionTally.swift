import EventCore

/// What became of the envelopes that `eventbus sub` should have printed.
struct ReceptionTally: Equatable {
    /// What came off the bus for the patterns and headers, printed or dropped here.
    var received = 0
    /// What was sent and did not arrive.
    var lost = 0
    /// What arrived and was dropped here, because it came faster than it could be printed.
    var dropped = 0
    /// Messages that were no envelopes.
    var malformed = 0
    /// How often something may have been lost that nobody could count.
    var unknownLosses = 0

    /// Adds up what subscriptions and their link have counted.
    ///
    /// - Parameters:
    ///   - subscriptions: What each subscription has counted.
    ///   - link: What the link of their bus has counted, where there is one.
    init(_ subscriptions: [SubscriptionCounts], link: LinkStatistics?) {
        let link = link ?? LinkStatistics()
        for counts in subscriptions {
            received += counts.handed + counts.buffered + counts.dropped
            dropped += counts.dropped
        }
        received += link.overflowed
        dropped += link.overflowed
        (lost, malformed, unknownLosses) = (link.lost, link.malformed, link.unknownLosses)
    }

    /// Whether nothing was lost or dropped.
    var isLossless: Bool { lost == 0 && dropped == 0 && unknownLosses == 0 }

    /// A JSON object on a line of its own; `unknown` stands in it when there is something that nobody could count.
    var json: String {
        let unknown = unknownLosses == 0 ? "" : ",\"unknown\":\(unknownLosses)"
        return """
            {"received":\(received),"lost":\(lost),"dropped":\(dropped),"malformed":\(malformed)\(unknown)}

            """
    }
}

extension ReceptionTally: CustomStringConvertible {
    /// One line for people.
    var description: String {
        let lost =
            switch (lost, unknownLosses) {
            case (let count, 0): "\(count)"
            case (0, _): "an unknown number"
            case (let count, _): "\(count) and an unknown number"
            }
        return "received \(received), lost \(lost), dropped \(dropped), malformed \(malformed)"
    }
}
