/// Who may connect: the answers to libzmq's questions (ZAP, ZeroMQ RFC 27).
struct AccessRules: Sendable {
    /// What a peer proves and what of the connection is known.
    struct Request: Equatable {
        var id: [UInt8]
        var domain: String
        var address: String
        var mechanism: String
        var credentials: [[UInt8]]
    }

    enum Answer: Equatable {
        /// With what the peer is called from then on.
        case admitted(as: String)
        case refused(String)
    }

    static let version = Array("1.0".utf8)

    private var domains: [String: SecurityDomain]
    /// Who is not let in for a while.
    var suspended: [String: ContinuousClock.Instant] = [:]

    init(_ domains: [SecurityDomain]) {
        self.domains = Dictionary(uniqueKeysWithValues: domains.map { ($0.name, $0) })
    }

    /// Lets in others from now on.
    mutating func update(_ domain: SecurityDomain) { domains[domain.name] = domain }

    func answer(_ request: Request, now: ContinuousClock.Instant) -> Answer {
        guard let domain = domains[request.domain] else { return .refused("unknown domain") }
        guard let security = domain.keyed else { return .admitted(as: SecurityDomain.anyone) }
        switch request.mechanism {
        case "CURVE":
            guard let bytes = request.credentials.first, let key = ZMQPublicKey(bytes: bytes),
                security.peers[key] != nil
            else { return .refused("not on the list") }
            let user = domain.user(of: key)
            if let end = suspended[user], now < end { return .refused("cut off a moment ago") }
            return .admitted(as: user)
        case "NULL":
            // The kernel says who is at the other end of a Unix-domain socket: localhost:UID:GID:PID.
            let parts = request.address.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "localhost", let user = UInt32(parts[1]),
                domain.userIDs.contains(user)
            else { return .refused("no such user") }
            return .admitted(as: "uid:\(user)")
        default:
            return .refused("unknown mechanism")
        }
    }
}

extension AccessRules.Request {
    /// Reads the frames of a question; `nil` when they are none.
    init?(frames: [[UInt8]]) {
        guard frames.count >= 6, frames[0] == AccessRules.version else { return nil }
        id = frames[1]
        domain = String(decoding: frames[2], as: UTF8.self)
        address = String(decoding: frames[3], as: UTF8.self)
        mechanism = String(decoding: frames[5], as: UTF8.self)
        credentials = Array(frames.dropFirst(6))
    }
}

extension AccessRules.Answer {
    /// The frames of an answer: version, id, status code and text, user, metadata.
    func frames(for id: [UInt8]) -> [[UInt8]] {
        switch self {
        case .admitted(let user): [AccessRules.version, id, Array("200".utf8), [], Array(user.utf8), []]
        case .refused(let reason): [AccessRules.version, id, Array("400".utf8), Array(reason.utf8), [], []]
        }
    }
}
