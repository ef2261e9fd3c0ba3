import EventTransport

/// What a bus says of itself in the handshake of a connection: the version of the wire format, and its id.
///
/// It travels as a property of the connection (ZMTP 3.1, "metadata properties"), so a message need not repeat it. Anybody
/// can claim to be anybody: it tells honest peers apart, and is no proof.
struct PeerIdentity: Hashable, Sendable {
    static let property = "X-Event-Bus"
    /// What a bus says beside it that takes no message as long as an ``EnvelopeBatch`` may be: its greatest.
    static let narrowProperty = "X-Greatest"
    static let version = 2

    var version: Int
    var bus: String

    init(bus: String) {
        (version, self.bus) = (Self.version, bus)
    }

    /// Reads the value of the property; `nil` when it is none of ours.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let version = Int(parts[0]), parts[1].utf8.count == ControlTopic.idCount,
            parts[1].utf8.allSatisfy(ControlTopic.isIDByte)
        else { return nil }
        (self.version, bus) = (version, String(parts[1]))
    }

    var text: String { "\(version) \(bus)" }
}
