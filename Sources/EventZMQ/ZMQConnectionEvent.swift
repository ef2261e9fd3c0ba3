/// Something that changed about the links of a ``ZMQBus``.
@nonexhaustive
public enum ZMQConnectionEvent: Sendable, Hashable {
    /// A peer is connected through an endpoint.
    case connected(ZMQEndpoint)
    /// A peer that was connected through an endpoint is gone.
    case disconnected(ZMQEndpoint)
    /// A peer was refused, or refused the bus, in the handshake; with libzmq's code for why.
    case refused(ZMQEndpoint, code: Int)
    /// libzmq had given up a connection, and it was begun anew.
    case restarted(ZMQEndpoint)
    /// A bus that subscribes here came; with its id.
    case subscriberJoined(String)
    /// A bus that subscribed here is gone; with its id.
    case subscriberLeft(String)
    /// Envelopes that another bus sent did not arrive.
    case lost(count: Int, subject: String, origin: String)
    /// A subscriber's send queue is full, and it loses what is published until the queue has drained.
    case sendQueueFull
}
