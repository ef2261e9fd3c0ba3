import EventCore

/// What those who were let in may do, by what the handshake has proved of them: a key, or a user of this host.
struct Admission: Sendable {
    private var permissions: [String: ZMQPermissions]
    /// Who an origin belongs to: whoever used it first.
    private var owners: [String: String] = [:]
    /// The origins of each, oldest first.
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
        return Set(former.filter { user, former in permissions[user]?.subscribe != former.subscribe }.keys)
    }

    /// Whether somebody who was let in is still to be listened to; of users of this host the list says nothing.
    func isListed(_ user: String) -> Bool { permissions[user] != nil || !ZMQPublicKey.isText(user) }

    /// What people know somebody by.
    func name(of user: String) -> String { permissions[user]?.name ?? user }

    /// Somebody has said in the handshake which bus it is.
    ///
    /// What another one has used before stays that one's.
    mutating func greeted(_ bus: String, by user: String) {
        if owners[bus] == nil { own(bus, user) }
    }

    /// Why an envelope is not taken from somebody, in words; `nil` when it is.
    ///
    /// Whoever has no permissions of its own may publish everything: a user of this host, or a server whose key was
    /// expected.
    mutating func refusal(of subject: Subject, origin: String?, from user: String) -> String? {
        if let origin {
            greeted(origin, by: user)
            if let owner = owners[origin], owner != user {
                return "\(name(of: user)) speaks for bus \(origin) of \(name(of: owner))"
            }
        }
        guard let permissions = permissions[user], !permissions.mayPublish(on: subject) else { return nil }
        return "\(permissions.name) may not publish on \(subject)"
    }

    private mutating func own(_ origin: String, _ user: String) {
        owners[origin] = user
        origins[user, default: []].append(origin)
        guard let own = origins[user], own.count > Self.maximumOrigins else { return }
        owners[own[0]] = nil
        origins[user]?.removeFirst()
    }

    /// Why a subscription is not taken from somebody; `nil` when it is.
    func refusal(of prefix: WirePrefix, by user: String) -> String? {
        guard let permissions = permissions[user], !permissions.maySubscribe(to: prefix) else { return nil }
        let text = String(decoding: prefix.bytes, as: UTF8.self)
        return "\(permissions.name) may not subscribe to \"\(text)\""
    }
}
