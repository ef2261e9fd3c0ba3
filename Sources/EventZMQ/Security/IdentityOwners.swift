/// Who the id of a bus belongs to: whoever used it first, by what the handshake has proved of it.
///
/// A bus says its id itself, so only the first one to say it can be right; and what nobody has proved does not stand against
/// what somebody has.
struct IdentityOwners: Sendable {
    enum Claim: Sendable, Hashable {
        case own
        /// Nobody had it before, or only somebody who had proved nothing.
        case new(displacesAnyone: Bool)
        /// It belongs to this user.
        case foreign(owner: String)
    }

    private struct Owner: Sendable {
        var user: String
        var proof: String
    }

    private var owners: [String: Owner] = [:]
    /// The ids of each, in the order of their last use.
    private var ids: [String: [String]] = [:]

    /// So many of each are remembered: a bus has a new one whenever it is opened.
    ///
    /// Whoever uses more makes room among its own, so that nobody can have another's forgotten.
    static let maximumIDs = 256

    /// Somebody uses an id; the same key is the same owner at every endpoint.
    mutating func claim(_ id: String, by user: String) -> Claim {
        let owner = owners[id]
        if let owner, owner.user == user {
            used(id, owner.proof)
            return .own
        }
        let proof = SecurityDomain.proof(of: user)
        guard let owner else {
            take(id, by: Owner(user: user, proof: proof))
            return .new(displacesAnyone: false)
        }
        if owner.proof == proof {
            used(id, proof)
            return .own
        }
        guard owner.proof == SecurityDomain.anyone else { return .foreign(owner: owner.user) }
        ids[owner.proof]?.removeAll { $0 == id }
        take(id, by: Owner(user: user, proof: proof))
        return .new(displacesAnyone: true)
    }

    private mutating func take(_ id: String, by owner: Owner) {
        owners[id] = owner
        ids[owner.proof, default: []].append(id)
        guard let own = ids[owner.proof], own.count > Self.maximumIDs else { return }
        owners[own[0]] = nil
        ids[owner.proof]?.removeFirst()
    }

    private mutating func used(_ id: String, _ proof: String) {
        guard ids[proof]?.last != id, let place = ids[proof]?.lastIndex(of: id) else { return }
        ids[proof]?.remove(at: place)
        ids[proof]?.append(id)
    }
}
