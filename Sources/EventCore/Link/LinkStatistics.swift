/// What a bus that is linked with others has counted since it was opened: a column for each hop of an envelope.
///
/// At rest, ``sent`` of one bus to another equals ``received`` plus ``lost`` there, and what was received went to each
/// matching subscription or stands in ``dropped`` or ``overflowed``.
public struct LinkStatistics: Sendable, Hashable {
    // MARK: Publishing

    /// Envelopes that at least one peer wanted, whether it was connected or only away for a while.
    public var sent = 0
    /// Envelopes published while no peer wanted their subject; they did not leave the process.
    public var unheard = 0
    /// How often a subscriber's send queue filled up; what is published until it has drained is lost to it, and is
    /// counted in ``lost`` there.
    public var sendQueueDropEpisodes = 0
    /// The same by the endpoint at which it happened.
    public var sendQueueDropEpisodesByEndpoint: [String: Int] = [:]
    /// How often a server did not let an envelope pass that this bus published.
    public var forbidden = 0

    // MARK: Receiving

    /// Envelopes that came off the wire.
    public var received = 0
    /// Messages that were no envelope and were dropped.
    public var malformed = 0
    /// Envelopes of this bus that came back to it and were ignored.
    public var echoes = 0
    /// Envelopes that were sent to this bus and did not arrive.
    public var lost = 0
    /// The same by the id of the bus that sent them; at most 1024 of these are told apart.
    public var lostByOrigin: [String: Int] = [:]
    /// The same by the literal prefix that this bus had asked for; what two nested prefixes cover counts under both.
    ///
    /// At most 1024 of these are told apart.
    public var lostByPrefix: [String: Int] = [:]
    /// How often something may have been lost that nobody could count: the publisher had ended without a word, or had
    /// forgotten this bus while it was away.
    public var unknownLosses = 0

    // MARK: Delivering

    /// Envelopes that were received and found the buffer of a subscription full: one for each subscription.
    public var dropped = 0
    /// Envelopes that were received and dropped before any subscription, because predicates and observers were too slow.
    public var overflowed = 0

    // MARK: Links

    /// Calls of `subscribe` that returned although a publisher had not confirmed in time.
    public var unconfirmedSubscriptions = 0
    /// How many connections to peers there are now.
    public var peers = 0
    /// The same by endpoint; an endpoint without a connection is missing.
    public var peersByEndpoint: [String: Int] = [:]
    /// How often a connection was lost and made again.
    public var reconnections = 0
    /// Connections that the transport had given up and that were made anew.
    public var restartedConnections = 0

    /// Creates statistics with nothing counted.
    public init() {}
}

extension LinkStatistics: CustomStringConvertible {
    /// What was counted, on one line; what is zero is left out.
    public var description: String {
        let counts = [
            ("sent", sent), ("unheard", unheard), ("times a queue was full", sendQueueDropEpisodes),
            ("received", received), ("malformed", malformed), ("echoes", echoes), ("lost", lost),
            ("unknown losses", unknownLosses), ("dropped", dropped), ("overflowed", overflowed),
            ("unconfirmed subscriptions", unconfirmedSubscriptions), ("peers", peers),
            ("reconnections", reconnections), ("restarted connections", restartedConnections),
        ]
        let told = counts.filter { $0.1 != 0 }.map { "\($0.1) \($0.0)" }
        return told.isEmpty ? "nothing counted" : told.joined(separator: ", ")
    }
}
