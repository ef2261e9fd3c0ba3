import EventCore

/// What those who were let in may do, by what the handshake has proved of them: a key, or a user of this host.
struct Admission: Sendable {
    private var permissions: [String: ZMQPermissions]
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

    init(_ security: ZMQSecurity) {
        permissions = Dictionary(uniqueKeysWithValues: security.peers.map { ($0.text, $1) })
    }

    /// Takes a new list.
    ///
    /// - Returns: Who is to be cut off: those who are not on it, and those who may no longer subscribe to the same.
    mutating func update(_ peers: [ZMQPublicKey: ZMQPermissions]) -> Set<String> {
        let former = permissions
        permissions = Dictionary(uniqueKeysWithValues: peers.map { ($0.text, $1) })
        revoked = revoked.union(former.keys).subtracting(permissions.keys)
        return Set(former.filter { user, former in permissions[user]?.subscribe != former.subscribe }.keys)
    }

    /// Whether somebody who was let in is still to be listened to; of users of this host the list says nothing.
    func isListed(_ user: String) -> Bool { permissions[user] != nil || !ZMQPublicKey.isText(user) }

    /// Whether a key was on the list and is not any more; one that never was may be a server's that is expected.
    func isRevoked(_ user: String) -> Bool { revoked.contains(user) }

    /// What people know somebody by.
    func name(of user: String) -> String { permissions[user]?.name ?? user }

    /// Somebody who publishes has said in the handshake which bus it is.
    ///
    /// - Returns: Whether nobody else has used that before.
    mutating func greeted(_ bus: String, by user: String) -> Bool {
        guard owners[bus] == nil else {
            used(bus, user)
            return owners[bus] == user
        }
        owners[bus] = user
        origins[user, default: []].append(bus)
        if let own = origins[user], own.count > Self.maximumOrigins {
            owners[own[0]] = nil
            origins[user]?.removeFirst()
        }
        return true
    }

    private mutating func used(_ bus: String, _ user: String) {
        guard origins[user]?.last != bus, let place = origins[user]?.firstIndex(of: bus) else { return }
        origins[user]?.remove(at: place)
        origins[user]?.append(bus)
    }

    /// Why an envelope is not taken from somebody, in words; `nil` when it is.
    ///
    /// Whoever has no permissions of its own may publish everything: a user of this host, or a server whose key was
    /// expected.
    mutating func refusal(of subject: Subject, origin: String?, from user: String) -> String? {
        guard !isRevoked(user) else { return "\(user) is not on the list any more" }
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
