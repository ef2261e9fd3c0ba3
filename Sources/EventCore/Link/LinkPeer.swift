/// Who is at the other end of a connection.
public struct LinkPeer: Sendable, Hashable, CustomStringConvertible {
    /// What somebody is to the bus that was asked.
    @nonexhaustive
    public enum Role: String, Sendable, Hashable, CaseIterable {
        /// What it publishes comes from there.
        case publisher
        /// What is published goes there.
        case subscriber
    }

    /// The id of the bus, which is the ``Envelope/origin`` of what it publishes.
    public var id: String
    /// What it has proved to be, by the name that people gave it; `nil` where nobody has to prove anything.
    public var name: String?
    /// The endpoint here that it is connected through.
    public var endpoint: String
    /// What it is to the bus that was asked.
    public var role: Role

    /// Describes a peer.
    ///
    /// - Parameters:
    ///   - id: The id of its bus.
    ///   - name: What it has proved to be.
    ///   - endpoint: The endpoint here that it is connected through.
    ///   - role: What it is to the bus that was asked.
    public init(id: String, name: String?, endpoint: String, role: Role) {
        (self.id, self.name, self.endpoint, self.role) = (id, name, endpoint, role)
    }

    /// One line for people.
    public var description: String { "\(role.rawValue) \(name ?? "unnamed") (bus \(id)) at \(endpoint)".printable }
}
