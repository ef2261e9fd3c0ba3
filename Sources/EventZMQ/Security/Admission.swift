import EventCore

/// What those who were let in may do, by what the handshake has proved of them: a key, or a user of this host.
struct Admission: Sendable {
    private var permissions: [String: ZMQPermissions] = [:]
    /// The keys that were on the list once, and are not any more.
    private var revoked: Set<String> = []
    /// Who an origin belongs to: whoever used it first.
    private var owners: [String: String] = [:]
    /// The origins of each, in the order of their last use.
    private var origins: [String: [String]] = [:]

    /// So many of each are remembered: a bus has a new one whenever it is opened.
    ///
    /// Whoever uses more makes room among its own, so that nobody can have another's forgotten.
    private static let maximumOrigins = 256

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

    /// Somebody who publishes has said in the handshake which bus it is.
    ///
    /// - Returns: Whether nobody else has used that before.
    mutating func greeted(_ bus: String, by user: String) -> Bool {
        // A bus may be known at several endpoints, under one key.
        let proof = SecurityDomain.proof(of: user)
        let owner = owners[bus].map(SecurityDomain.proof)
        // What nobody has proved does not stand against what somebody has.
        guard let owner, owner != SecurityDomain.anyone || proof == owner else {
            owners[bus] = user
            if let owner { origins[owner]?.removeAll { $0 == bus } }
            origins[proof, default: []].append(bus)
            if let own = origins[proof], own.count > Self.maximumOrigins {
                owners[own[0]] = nil
                origins[proof]?.removeFirst()
            }
            return true
        }
        used(bus, proof)
        return owner == proof
    }

    private mutating func used(_ bus: String, _ proof: String) {
        guard origins[proof]?.last != bus, let place = origins[proof]?.firstIndex(of: bus) else { return }
        origins[proof]?.remove(at: place)
        origins[proof]?.append(bus)
    }

    /// Why an envelope is not taken from somebody, in words; `nil` when it is.
    ///
    /// Whoever has no permissions of its own may publish everything: a user of this host, or a server whose key was
    /// expected.
    mutating func refusal(of subject: Subject, origin: String?, from user: String) -> String? {
        guard !isRevoked(user) else { return "\(name(of: user)) is not on the list any more" }
        if let permissions = permissions[user], !permissions.mayPublish(on: subject) {
            return "\(permissions.name) may not publish on \(subject)"
        }
        guard let origin, !greeted(origin, by: user) else { return nil }
        let owner = owners[origin].map(name) ?? ""
        return "\(name(of: user)) speaks for bus \(origin) of \(owner)"
    }

    /// Why a subscription is not taken from somebody; `nil` when it is.
    func refusal(of prefix: WirePrefix, by user: String) -> String? {
        guard let permissions = permissions[user], !permissions.maySubscribe(to: prefix) else { return nil }
        let text = String(decoding: prefix.bytes, as: UTF8.self)
        return "\(permissions.name) may not subscribe to \"\(text)\""
    }
}
