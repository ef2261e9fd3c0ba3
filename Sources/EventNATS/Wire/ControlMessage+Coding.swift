import EventCore

/// The bytes of a control message: the version of the protocol, the kind, and its fields in order.
///
/// Numbers are written in groups of seven bits (LEB128), texts with their length before them.
extension ControlMessage {
    /// The only version there is.
    static let version: UInt8 = 1

    /// Why bytes are no message.
    enum Fault: Error, Equatable {
        case malformed
        /// It is of another version of the protocol.
        case otherVersion(UInt8)
    }

    var bytes: [UInt8] {
        var fields = ControlFields()
        switch self {
        case .hello(let presence): fields.append(presence, kind: 1)
        case .present(let presence): fields.append(presence, kind: 2)
        case .changed(let bus, let change):
            fields.begin(3, bus)
            fields.append(change.version)
            fields.append(change.pattern.rawValue)
            fields.append(change.isWanted ? 1 : 0)
        case .question(let bus, let token):
            fields.begin(4, bus)
            fields.append(token)
        case .answer(let bus, let server, let token):
            fields.begin(5, bus)
            fields.append(server)
            fields.append(token)
        case .unsure(let bus): fields.begin(6, bus)
        case .ledger(let lines): fields.append(lines, kind: 7)
        case .read(let bus, let serial):
            fields.begin(8, bus)
            fields.append(serial)
        case .bye(let bus): fields.begin(9, bus)
        case .member(let bus, let interest, let isIn):
            fields.begin(10, bus)
            fields.append(interest.pattern.rawValue)
            fields.append(interest.group?.text ?? "")
            fields.append(isIn ? 1 : 0)
        case .here(let bus, let server, let version, let groups):
            fields.begin(11, bus)
            fields.append(server)
            fields.append(version)
            fields.append(groups)
        }
        return fields.bytes
    }

    init(_ bytes: [UInt8]) throws(Fault) {
        guard let version = bytes.first else { throw .malformed }
        guard version == Self.version else { throw .otherVersion(version) }
        var reader = ControlReader(bytes.dropFirst())
        let (kind, bus) = (try reader.byte(), try reader.text())
        guard bus.utf8.count == 20, bus.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x76).contains($0) })
        else { throw .malformed }
        switch kind {
        case 1: self = .hello(try reader.presence(bus))
        case 2: self = .present(try reader.presence(bus))
        case 3:
            let version = try reader.number()
            self = .changed(
                bus: bus,
                InterestChange(version: version, pattern: try reader.pattern(), isWanted: try reader.number() == 1)
            )
        case 4: self = .question(bus: bus, token: try reader.number())
        case 5: self = .answer(bus: bus, server: try reader.text(), token: try reader.number())
        case 6: self = .unsure(bus: bus)
        case 7: self = .ledger(try reader.lines(bus))
        case 8: self = .read(bus: bus, serial: try reader.number())
        case 9: self = .bye(bus: bus)
        case 10:
            let interest = Interest(try reader.pattern(), group: try reader.group())
            self = .member(bus: bus, interest, isIn: try reader.number() == 1)
        case 11:
            let (server, version) = (try reader.text(), try reader.number())
            self = .here(bus: bus, server: server, version: version, groups: try reader.number())
        default: throw .malformed
        }
        // What follows may be something that a later program adds.
    }
}

/// Writes the fields of a control message.
private struct ControlFields {
    private(set) var bytes: [UInt8] = [ControlMessage.version]

    mutating func begin(_ kind: UInt8, _ bus: String) {
        bytes.append(kind)
        append(bus)
    }

    mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ presence: Presence, kind: UInt8) {
        begin(kind, presence.bus)
        append(presence.server)
        append(presence.endpoint)
        for number in [presence.version, presence.part, presence.parts, UInt64(presence.patterns.count)] {
            append(number)
        }
        for pattern in presence.patterns { append(pattern.rawValue) }
    }

    mutating func append(_ lines: LedgerLines, kind: UInt8) {
        begin(kind, lines.bus)
        for number in [lines.serial, lines.number, lines.isLast ? 1 : 0, UInt64(lines.segments.count)] {
            append(number)
        }
        for segment in lines.segments {
            // An end is written as the number after it, so that none is 0.
            for number in [segment.version, segment.from, segment.to.map { $0 &+ 1 } ?? 0, segment.total] {
                append(number)
            }
        }
    }
}

/// Reads the fields of a control message, which may be anything.
private struct ControlReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func byte() throws(ControlMessage.Fault) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .malformed }
        return byte
    }

    mutating func number() throws(ControlMessage.Fault) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            guard (bits << shift) >> shift == bits else { throw .malformed }
            number |= bits << shift
            if byte & 0x80 == 0 { return number }
        }
        throw .malformed
    }

    mutating func text() throws(ControlMessage.Fault) -> String {
        let count = try number()
        guard count <= UInt64(Subject.maximumUTF8Count), count <= UInt64(rest.count),
            let text = String(validating: rest.prefix(Int(count)), as: UTF8.self)
        else { throw .malformed }
        rest = rest.dropFirst(Int(count))
        return text
    }

    mutating func pattern() throws(ControlMessage.Fault) -> Pattern {
        guard let pattern = try? Pattern(validating: text()) else { throw .malformed }
        return pattern
    }

    mutating func group() throws(ControlMessage.Fault) -> String {
        let name = try text()
        guard !name.isEmpty, name.utf8.count <= SubscriptionOptions.maximumGroupUTF8Count else { throw .malformed }
        return name
    }

    /// How many of something follow, each of which takes a byte at least.
    private mutating func count() throws(ControlMessage.Fault) -> Int {
        let count = try number()
        guard count <= UInt64(rest.count) else { throw .malformed }
        return Int(count)
    }

    mutating func presence(_ bus: String) throws(ControlMessage.Fault) -> Presence {
        let (server, endpoint) = (try text(), try text())
        var presence = Presence(bus: bus, server: server, endpoint: endpoint, version: try number())
        (presence.part, presence.parts) = (try number(), try number())
        guard presence.part < presence.parts else { throw .malformed }
        for _ in 0..<(try count()) { presence.patterns.append(try pattern()) }
        return presence
    }

    mutating func lines(_ bus: String) throws(ControlMessage.Fault) -> LedgerLines {
        var lines = LedgerLines(bus: bus, serial: try number(), number: try number(), segments: [])
        lines.isLast = try number() == 1
        let count = try count()
        // Each of them is compared with each.
        guard count <= SentBook.maximumSegments else { throw .malformed }
        for _ in 0..<count {
            let (version, from, end, total) = (try number(), try number(), try number(), try number())
            let segment = LedgerLines.Segment(version: version, from: from, to: end == 0 ? nil : end - 1, total: total)
            guard segment.from <= segment.to ?? lines.number, segment.to ?? 0 <= lines.number,
                segment.total <= (segment.to ?? lines.number) - segment.from
            else { throw .malformed }
            lines.segments.append(segment)
        }
        return lines
    }
}
