/// What happened to a connection of a socket.
enum MonitorEvent: Hashable, Sendable {
    /// Something was bound; names the descriptor that accepts connections.
    case listening(Int32)
    /// A connection was not accepted, for the reason that an error number names.
    case turnedAway(Int32)
    /// A connection was made or accepted; names its descriptor.
    case opened(Int32)
    /// Its peer speaks the protocol, and messages can flow.
    case established
    /// The handshake failed; what follows is ``disconnected(_:)``.
    case refused(Int32)
    /// A connection ended.
    case disconnected(Int32)
    /// A connection is under way.
    case begun
    /// libzmq will try to connect again by itself.
    case retried
}
