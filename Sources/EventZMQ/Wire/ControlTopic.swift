/// A topic by which buses talk to each other; it begins with a byte that no subject can hold.
///
/// As 0xFF also sorts last, a connection that libzmq restores has got its ordinary subscriptions back before these:
/// they are sent again in the order of their bytes.
enum ControlTopic: Hashable, Sendable {
    /// Asks every publisher to answer once it has the subscriptions that the bus made before.
    case confirmation(bus: String, round: UInt64)
    /// Says that the bus is there.
    case presence(bus: String)
    /// Says which bus it is that subscribed to a prefix.
    case interest(bus: String, prefix: WirePrefix)

    static let firstByte: UInt8 = 0xFF
    /// The length of a bus's id, an xid.
    static let idCount = 20

    private static let confirmationByte = UInt8(ascii: "b")
    private static let presenceByte = UInt8(ascii: "p")
    private static let interestByte = UInt8(ascii: "i")

    var bytes: [UInt8] {
        switch self {
        case .confirmation(let bus, let round): Self.head(Self.confirmationByte, bus) + Array(String(round).utf8)
        case .presence(let bus): Self.head(Self.presenceByte, bus)
        case .interest(let bus, let prefix): Self.head(Self.interestByte, bus) + prefix.bytes
        }
    }

    private static func head(_ kind: UInt8, _ bus: String) -> [UInt8] {
        [firstByte, kind] + Array(bus.utf8)
    }

    /// Reads a topic; `nil` when it is none of these.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.first == Self.firstByte, let kind = bytes.dropFirst().first else { return nil }
        let rest = bytes.dropFirst(2)
        let id = rest.prefix(Self.idCount)
        guard id.count == Self.idCount, id.allSatisfy(Self.isIDByte) else { return nil }
        let bus = String(decoding: id, as: UTF8.self)
        let body = rest.dropFirst(Self.idCount)
        switch kind {
        case Self.confirmationByte:
            guard (1...20).contains(body.count), body.allSatisfy({ (0x30...0x39).contains($0) }),
                let round = UInt64(String(decoding: body, as: UTF8.self))
            else { return nil }
            self = .confirmation(bus: bus, round: round)
        case Self.presenceByte:
            guard body.isEmpty else { return nil }
            self = .presence(bus: bus)
        case Self.interestByte:
            self = .interest(bus: bus, prefix: WirePrefix(Array(body)))
        default:
            return nil
        }
    }

    /// Whether a byte is a digit of lower-case base32hex.
    static func isIDByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "v")).contains(byte)
    }
}
