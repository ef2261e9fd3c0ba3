/// What a ``ZMQBus`` has counted since it was opened.
public struct ZMQBusStatistics: Sendable, Hashable {
    /// Envelopes handed to libzmq; those that no peer was interested in are not.
    public var sent = 0
    /// Envelopes that came off the wire and were passed to local subscriptions.
    public var received = 0
    /// Messages that were no envelope and were dropped.
    public var malformed = 0
    /// Envelopes of this bus that came back to it and were ignored.
    public var echoes = 0
    /// Calls of `subscribe` that returned although a publisher had not confirmed in time.
    public var unconfirmedSubscriptions = 0
    /// How often a subscriber's send queue filled up; what is published until it has drained is lost to it.
    public var sendQueueDropEpisodes = 0
    /// Envelopes that were sent to this bus and did not arrive, as the numbers of those that did tell.
    public var lost = 0
    /// The same by the id of the bus that sent them; at most 1024 of these are told apart.
    public var lostByOrigin: [String: Int] = [:]
    /// Connections that libzmq had given up and that were made anew.
    public var restartedConnections = 0

    /// Creates statistics with nothing counted.
    public init() {}
}
