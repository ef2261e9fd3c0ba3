import EventCore
import EventTransport

/// What those who were let in may do, by what the handshake has proved of them: a key, or a user of this host.
struct Admission: Sendable {
    private var permissions: [String: ZMQPermissions] = [:]
    /// The keys that were on the list once, and are not any more.
    private var revoked: Set<String> = []
    /// Who an origin belongs to: whoever published under it first.
    private var owners = IdentityOwners()
    /// The users of each domain.
    private var users: [Int: Set<String>] = [:]

    init(_ domains: [SecurityDomain]) {
        for domain in domains { _ = update(domain) }
    }

    /// Takes the list of a domain, in place of the one before.
    ///
    /// - Returns: Who is to be cut off: those who are not on it, and those who may no longer subscribe to the same.
    mutating func update(_ domain: SecurityDomain) -> Set<String> {
        let listed = domain.keyed?.peers.map { (domain.user(of: $0), $1) } ?? []
        let former = permissions.filter { users[domain.number]?.contains($0.key) == true }
        for user in former.keys { permissions[user] = nil }
        permissions.merge(listed) { $1 }
        users[domain.number] = Set(listed.map(\.0))
        revoked = revoked.union(former.keys).subtracting(permissions.keys)
        return Set(former.filter { user, former in permissions[user]?.subscribe != former.subscribe }.keys)
    }

    /// Whether somebody who was let in is still to be listened to; of users of this host the list says nothing.
    func isListed(_ user: String) -> Bool {
        permissions[user] != nil || !ZMQPublicKey.isText(SecurityDomain.proof(of: user))
    }

    /// Whether a key was on the list and is not any more; one that never was may be a server's that is expected.
    func isRevoked(_ user: String) -> Bool { revoked.contains(user) }

    /// What people know somebody by.
    func name(of user: String) -> String { permissions[user]?.name ?? SecurityDomain.proof(of: user) }

    /// Somebody who publishes says, in the handshake or with what is published, which bus it is.
    mutating func claim(_ bus: String, by user: String) -> IdentityOwners.Claim { owners.claim(bus, by: user) }

    /// Why an envelope is not taken from somebody, in words; `nil` when it is, as far as its origin is its own.
    ///
    /// Whoever has no permissions of its own may publish everything: a user of this host, or a server whose key was
    /// expected.
    func refusal(of subject: Subject, from user: String) -> String? {
        guard !isRevoked(user) else { return "\(name(of: user)) is not on the list any more" }
        guard let permissions = permissions[user], !permissions.mayPublish(on: subject) else { return nil }
        return "\(permissions.name) may not publish on \(subject)"
    }

    /// What is told when somebody speaks for the bus of another.
    func refusal(ofBus bus: String, of owner: String, from user: String) -> String {
        "\(name(of: user)) speaks for bus \(bus) of \(name(of: owner))"
    }

    /// Why a subscription is not taken from somebody; `nil` when it is.
    ///
    /// Whoever may not subscribe to everything may not read what is told to other buses, either.
    ///
    /// - Parameters:
    ///   - topic: What is subscribed to.
    ///   - bus: The bus that the peer says it is.
    ///   - user: What it has proved to be.
    /// - Returns: The reason, in words.
    func refusal(of topic: SubscriptionNotice.Topic, by bus: String?, _ user: String) -> String? {
        guard let permissions = permissions[user] else { return nil }
        switch topic {
        case .prefix(let prefix):
            guard !permissions.maySubscribe(to: prefix) else { return nil }
            return "\(permissions.name) may not subscribe to \"\(prefix.text)\""
        case .control(.inbox(bus ?? "")), .control(.interest), .control(.presence), .control(.acknowledgement):
            return nil
        case .control(.inbox(let other)):
            guard !permissions.maySubscribe(to: WirePrefix([])) else { return nil }
            return "\(permissions.name) may not read what is told to bus \(other)"
        case .unknown:
            guard !permissions.maySubscribe(to: WirePrefix([])) else { return nil }
            return "\(permissions.name) may not subscribe to an unknown control topic"
        }
    }
}
