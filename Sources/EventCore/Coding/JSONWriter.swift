/// Writes the JSON of an envelope, byte for byte as Go's `encoding/json` writes it.
///
/// Like Go it escapes `<`, `>`, `&` and the line separators U+2028 and U+2029 besides what RFC 8259 demands, so the text
/// can stand inside HTML and the two implementations produce the same bytes.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() {
        bytes.append(UInt8(ascii: "{"))
    }

    package mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
    }

    /// Writes the name of a member, which needs no escapes, and what separates it from the one before.
    package mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a member whose name and value are texts.
    package mutating func member(_ name: String, _ value: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
        string(value)
    }

    package mutating func integer(_ number: UInt64) {
        plain(String(number))
    }

    /// Writes bytes that are JSON already.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        bytes.append(contentsOf: json)
    }

    package mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let written: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { unsafe escape($0) }
        if written == nil { unsafe Array(text.utf8).withUnsafeBufferPointer { unsafe escape($0) } }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a time as RFC 3339 in UTC, with as many fraction digits as it needs.
    package mutating func time(_ time: Timestamp) {
        bytes.append(UInt8(ascii: "\""))
        time.writeRFC3339 { bytes.append($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func plain(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Copies the stretches between escapes whole.
    @unsafe
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for offset in 0..<text.count where unsafe Self.special[Int(text[offset])] {
            guard let escape = unsafe Self.escape(text, at: offset) else { continue }
            unsafe bytes.append(contentsOf: text[start..<offset])
            plain(escape.text)
            start = offset + escape.length
        }
        unsafe bytes.append(contentsOf: text[start...])
    }

    /// Which bytes may need an escape; 0xE2 begins the line separators and much else.
    private static let special: [Bool] = (0..<256).map { byte in
        byte < 0x20 || byte == 0xE2 || "\"\\<>&".utf8.contains(UInt8(byte))
    }

    @unsafe
    private static func escape(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> (text: String, length: Int)? {
        switch unsafe text[offset] {
        case UInt8(ascii: "\""): return ("\\\"", 1)
        case UInt8(ascii: "\\"): return ("\\\\", 1)
        case 0x08: return ("\\b", 1)
        case 0x09: return ("\\t", 1)
        case 0x0A: return ("\\n", 1)
        case 0x0C: return ("\\f", 1)
        case 0x0D: return ("\\r", 1)
        case 0xE2:
            guard unsafe text[offset + 1] == 0x80, unsafe text[offset + 2] & 0xFE == 0xA8 else { return nil }
            return (unsafe text[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029", 3)
        case let byte:
            let digits = String(byte, radix: 16)
            return ("\\u00" + (digits.count == 1 ? "0" : "") + digits, 1)
        }
    }
}
