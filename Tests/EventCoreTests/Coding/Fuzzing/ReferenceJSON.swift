/// A second reader of JSON, to compare with: recursive, one thing at a time, made from the grammar of RFC 8259 alone.
///
/// It notes in what a text that is read by others is not, or is barely, strict JSON.
struct ReferenceJSON {
    /// As much of a value as envelopes need to know.
    enum Value {
        case null
        /// The text, or `nil` when an escape is a surrogate without its pair.
        case string(String?)
        case object([Member])
        case other
    }

    struct Member {
        var name: String?
        var value: Value
        /// Where the value stands.
        var range: Range<Int>
    }

    private struct Malformed: Error {}

    private let bytes: [UInt8]
    private var position = 0
    private(set) var value = Value.other
    private(set) var levels = 0
    private(set) var hasTrailingComma = false
    private(set) var hasLoneSurrogate = false
    private(set) var hasHugeNumber = false

    /// Reads a document, or fails where nobody should read on.
    init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        self.bytes = bytes
        do {
            value = try readValue(level: 0)
            skipSpace()
            guard position == bytes.count else { return nil }
        } catch {
            return nil
        }
    }

    private var next: Character? {
        position < bytes.count ? Character(Unicode.Scalar(bytes[position])) : nil
    }

    private mutating func take(_ character: Character) -> Bool {
        guard next == character else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func readValue(level: Int) throws(Malformed) -> Value {
        skipSpace()
        switch next {
        case "{": return .object(try readObject(level: level + 1))
        case "[":
            try readArray(level: level + 1)
            return .other
        case "\"": return .string(try readString())
        default: return try readScalar()
        }
    }

    private mutating func readObject(level: Int) throws(Malformed) -> [Member] {
        var members: [Member] = []
        try readElements(level: level, until: "}") { reader throws(Malformed) in
            guard reader.next == "\"" else { throw Malformed() }
            let name = try reader.readString()
            reader.skipSpace()
            guard reader.take(":") else { throw Malformed() }
            reader.skipSpace()
            let start = reader.position
            let value = try reader.readValue(level: level)
            members.append(Member(name: name, value: value, range: start..<reader.position))
        }
        return members
    }

    private mutating func readArray(level: Int) throws(Malformed) {
        try readElements(level: level, until: "]") { reader throws(Malformed) in
            _ = try reader.readValue(level: level)
        }
    }

    private mutating func readElements(
        level: Int,
        until end: Character,
        _ read: (inout ReferenceJSON) throws(Malformed) -> Void
    ) throws(Malformed) {
        levels = max(levels, level)
        position += 1
        skipSpace()
        if take(end) { return }
        while true {
            try read(&self)
            skipSpace()
            if take(end) { return }
            guard take(",") else { throw Malformed() }
            skipSpace()
            if take(end) {
                hasTrailingComma = true
                return
            }
        }
    }

    private mutating func readScalar() throws(Malformed) -> Value {
        let run = bytes[position...].prefix {
            "+-.".utf8.contains($0) || Character(Unicode.Scalar($0)).isASCIILetterOrDigit
        }
        position = run.endIndex
        let text = String(decoding: run, as: UTF8.self)
        if text == "null" { return .null }
        if text == "true" || text == "false" { return .other }
        guard Self.isNumber(run) else { throw Malformed() }
        if Double(text)?.isFinite != true { hasHugeNumber = true }
        return .other
    }

    private static func isNumber(_ run: ArraySlice<UInt8>) -> Bool {
        var rest = run[...]
        func digits() -> Int {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest[digits.endIndex...]
            return digits.count
        }
        if rest.first == 0x2D { rest.removeFirst() }
        let isZero = rest.first == 0x30
        let whole = digits()
        guard whole == 1 || whole > 1 && !isZero else { return false }
        if rest.first == 0x2E {
            rest.removeFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == 0x65 || rest.first == 0x45 {
            rest.removeFirst()
            if rest.first == 0x2B || rest.first == 0x2D { rest.removeFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// Collects UTF-16, in which every escape is one unit or two, and lets the standard library judge the surrogates.
    private mutating func readString() throws(Malformed) -> String? {
        var units: [UInt16] = []
        position += 1
        while true {
            let plain = bytes[position...].prefix { $0 != 0x22 && $0 != 0x5C && $0 >= 0x20 }
            units += String(decoding: plain, as: UTF8.self).utf16
            position = plain.endIndex
            if take("\"") { break }
            guard take("\\"), let escape = next else { throw Malformed() }
            position += 1
            if escape == "u" {
                let digits = bytes[position...].prefix(4)
                guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
                else { throw Malformed() }
                units.append(unit)
                position += 4
            } else {
                guard let scalar = Self.escapes[escape] else { throw Malformed() }
                units.append(scalar)
            }
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            hasLoneSurrogate = true
            return nil
        }
        return text
    }

    private static let escapes: [Character: UInt16] = [
        "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 0x08, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09,
    ]
}

extension Character {
    fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
