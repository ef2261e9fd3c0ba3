/// Which version of the wire format a bus speaks, as it says in the handshake of each connection.
///
/// It is that of the envelopes; what buses tell each other beside them has the version in ``PeerIdentity``.
enum WireVersion {
    static let property = "X-Wire"
    static let current = 2
    /// That of a bus which does not say.
    static let unsaid = 1
}
