import EventCore

/// A topic by which buses talk to each other; it begins with a byte that no subject can hold.
///
/// As 0xFF also sorts last, a connection that libzmq restores has got its ordinary subscriptions back before these: they
/// are sent again in the order of their bytes. For the same reason the inbox comes before the announcements that are
/// answered in it, and the presence after them.
package enum ControlTopic: Hashable, Sendable {
    /// Where the bus reads what publishers have published for it.
    case inbox(bus: String)
    /// Says which bus it is that subscribed to a prefix; each number stands for one announcement.
    case interest(bus: String, incarnation: UInt64, prefix: WirePrefix)
    /// Says which message of a publisher's socket the bus has read.
    case acknowledgement(bus: String, origin: String, socket: UInt64, serial: UInt64)
    /// Says that the bus is there, and has announced all that it wants.
    case presence(bus: String)

    /// The bus that speaks.
    package var bus: String {
        switch self {
        case .inbox(let bus), .interest(let bus, _, _), .acknowledgement(let bus, _, _, _), .presence(let bus): bus
        }
    }

    package static let firstByte: UInt8 = 0xFF
    /// The length of a bus's id, an xid.
    package static let idCount = 20

    private static let inboxByte = UInt8(ascii: "a")
    private static let interestByte = UInt8(ascii: "i")
    private static let acknowledgementByte = UInt8(ascii: "k")
    private static let presenceByte = UInt8(ascii: "p")

    package var bytes: [UInt8] {
        switch self {
        case .inbox(let bus): return Self.head(Self.inboxByte, bus)
        case .presence(let bus): return Self.head(Self.presenceByte, bus)
        case .interest(let bus, let incarnation, let prefix):
            return Self.head(Self.interestByte, bus) + incarnation.bigEndianBytes + prefix.bytes
        case .acknowledgement(let bus, let origin, let socket, let serial):
            return Self.head(Self.acknowledgementByte, bus) + Array(origin.utf8) + socket.bigEndianBytes
                + serial.bigEndianBytes
        }
    }

    private static func head(_ kind: UInt8, _ bus: String) -> [UInt8] {
        [firstByte, kind] + Array(bus.utf8)
    }

    /// Reads a topic; `nil` when it is none of these.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.first == Self.firstByte, let kind = bytes.dropFirst().first else { return nil }
        var rest = Array(bytes.dropFirst(2))[...]
        guard let bus = rest.takeID() else { return nil }
        switch kind {
        case Self.inboxByte where rest.isEmpty:
            self = .inbox(bus: bus)
        case Self.presenceByte where rest.isEmpty:
            self = .presence(bus: bus)
        case Self.interestByte:
            guard let incarnation = rest.takeNumber(), rest.count <= WirePrefix.maximumCount else { return nil }
            self = .interest(bus: bus, incarnation: incarnation, prefix: WirePrefix(Array(rest)))
        case Self.acknowledgementByte:
            guard let origin = rest.takeID(), let socket = rest.takeNumber(), let serial = rest.takeNumber(),
                rest.isEmpty
            else { return nil }
            self = .acknowledgement(bus: bus, origin: origin, socket: socket, serial: serial)
        default:
            return nil
        }
    }

    /// Whether a byte is a digit of lower-case base32hex.
    package static func isIDByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "v")).contains(byte)
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func takeID() -> String? {
        let id = prefix(ControlTopic.idCount)
        guard id.count == ControlTopic.idCount, id.allSatisfy(ControlTopic.isIDByte) else { return nil }
        removeFirst(ControlTopic.idCount)
        return String(decoding: id, as: UTF8.self)
    }

    fileprivate mutating func takeNumber() -> UInt64? {
        guard count >= 8 else { return nil }
        defer { removeFirst(8) }
        return prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
