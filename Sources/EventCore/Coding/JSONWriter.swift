/// Writes the JSON of an envelope, byte for byte as Go's `encoding/json` writes it.
///
/// Like Go it escapes `<`, `>`, `&` and the line separators U+2028 and U+2029 besides what RFC 8259 demands, so the text
/// can stand inside HTML and the two implementations produce the same bytes.
package struct JSONWriter: ~Copyable {
    private var output: ByteWriter

    package init(capacity: Int) {
        output = ByteWriter(capacity: capacity)
    }

    /// How many bytes have been written.
    package var count: Int { output.count }

    /// Runs `body` on what has been written.
    package borrowing func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try output.withBytes(body)
    }

    package mutating func beginObject() {
        output.append(UInt8(ascii: "{"))
    }

    package mutating func endObject() {
        output.append(UInt8(ascii: "}"))
    }

    /// Writes the name of a member, which needs no escapes, and what separates it from the one before.
    package mutating func name(_ name: StaticString) {
        separate()
        output.append(UInt8(ascii: "\""))
        output.append(name)
        output.append("\":")
    }

    /// Writes a member whose name and value are texts.
    package mutating func member(_ name: String, _ value: String) {
        separate()
        string(name)
        output.append(UInt8(ascii: ":"))
        string(value)
    }

    package mutating func integer(_ number: UInt64) {
        output.append(decimal: number)
    }

    /// Writes bytes that are JSON already.
    package mutating func raw(_ json: Span<UInt8>) {
        output.append(json)
    }

    package mutating func string(_ text: String) {
        var text = text
        output.append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in escape(unsafe Span(_unsafeElements: bytes)) }
        output.append(UInt8(ascii: "\""))
    }

    /// Writes a time as RFC 3339 in UTC, with as many fraction digits as it needs.
    package mutating func time(_ time: Timestamp) {
        output.append(UInt8(ascii: "\""))
        time.writeRFC3339(to: &output)
        output.append(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
    }

    // MARK: Escapes

    /// Copies the stretches between escapes whole.
    private mutating func escape(_ text: Span<UInt8>) {
        var start = 0
        var offset = 0
        while true {
            offset = text.nextToEscape(from: offset)
            guard offset < text.count else { break }
            let length = lengthToEscape(text, at: offset)
            if length > 0 {
                output.append(text.extracting(start..<offset))
                writeEscape(text, at: offset)
                start = offset + length
            }
            offset += max(length, 1)
        }
        output.append(text.extracting(start..<text.count))
    }

    /// How many bytes an escape stands for; 0 when the byte, which may begin a line separator, needs none.
    private func lengthToEscape(_ text: Span<UInt8>, at offset: Int) -> Int {
        guard text[offset] == 0xE2 else { return 1 }
        return text[offset + 1] == 0x80 && text[offset + 2] & 0xFE == 0xA8 ? 3 : 0
    }

    private mutating func writeEscape(_ text: Span<UInt8>, at offset: Int) {
        switch text[offset] {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case 0x08: output.append("\\b")
        case 0x09: output.append("\\t")
        case 0x0A: output.append("\\n")
        case 0x0C: output.append("\\f")
        case 0x0D: output.append("\\r")
        case 0xE2: output.append(text[offset + 2] == 0xA8 ? "\\u2028" : "\\u2029")
        case let byte:
            output.append("\\u00")
            output.append(hexadecimal: byte >> 4)
            output.append(hexadecimal: byte & 15)
        }
    }
}

extension ByteWriter {
    fileprivate mutating func append(hexadecimal digit: UInt8) {
        append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
