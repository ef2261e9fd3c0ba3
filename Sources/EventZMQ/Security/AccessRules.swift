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

    /// Every socket of a bus asks in its name, so that an empty one, which turns everything off, is never meant.
    static let domain = "event-bus"
    static let version = Array("1.0".utf8)

    var keys: Set<ZMQPublicKey>
    /// The users whose processes may connect over ipc.
    var userIDs: Set<UInt32>
    /// Who is not let in for a while.
    var suspended: [String: ContinuousClock.Instant] = [:]

    init(keys: Set<ZMQPublicKey>, userIDs: Set<UInt32>) {
        (self.keys, self.userIDs) = (keys, userIDs)
    }

    func answer(_ request: Request, now: ContinuousClock.Instant) -> Answer {
        guard request.domain == Self.domain else { return .refused("unknown domain") }
        switch request.mechanism {
        case "CURVE":
            guard let bytes = request.credentials.first, let key = ZMQPublicKey(bytes: bytes), keys.contains(key) else {
                return .refused("not on the list")
            }
            if let end = suspended[key.text], now < end { return .refused("cut off a moment ago") }
            return .admitted(as: key.text)
        case "NULL":
            // The kernel says who is at the other end of a Unix-domain socket: localhost:UID:GID:PID.
            let parts = request.address.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[0] == "localhost", let user = UInt32(parts[1]), userIDs.contains(user) else {
                return .refused("no such user")
            }
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
