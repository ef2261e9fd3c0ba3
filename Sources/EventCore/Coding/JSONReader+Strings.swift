extension JSONReader {
    /// Reads a string and resolves its escapes.
    package mutating func string() throws(EventError) -> String {
        let (content, isEscaped) = try stringContent()
        return isEscaped ? try unescaped(content) : text(in: content)
    }

    /// Reads a string, which most likely is `guess`, so that equal texts share their memory.
    package mutating func string(like guess: String) throws(EventError) -> String {
        let (content, isEscaped) = try stringContent()
        if isEscaped { return try unescaped(content) }
        return withBytes { $0.holds(guess, in: content) } ? guess : text(in: content)
    }

    /// Reads a string; what stands between its quotes, and whether it has escapes.
    mutating func stringContent() throws(EventError) -> (content: Range<Int>, isEscaped: Bool) {
        guard peek() == UInt8(ascii: "\"") else { throw Self.fault("expected a string", at: position) }
        let start = position + 1
        let isEscaped = try skipString()
        return (start..<position - 1, isEscaped)
    }

    /// Steps over a string; `true` when it has an escape.
    @discardableResult
    mutating func skipString() throws(EventError) -> Bool {
        let start = position
        var isEscaped = false
        position += 1
        while true {
            position = withBytes { $0.endOfPlainText(from: position) }
            guard position < count else { throw Self.fault("unterminated string", at: start) }
            switch byte(at: position) {
            case UInt8(ascii: "\""):
                position += 1
                return isEscaped
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape()
            default:
                throw Self.fault("control character in a string", at: position)
            }
        }
    }

    private mutating func skipEscape() throws(EventError) {
        let start = position
        position += 2
        guard position <= count else { throw Self.fault("unterminated escape", at: start) }
        switch byte(at: start + 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            break
        case UInt8(ascii: "u"):
            guard position + 4 <= count, hex(at: position) != nil else {
                throw Self.fault("invalid escape", at: start)
            }
            position += 4
        default:
            throw Self.fault("invalid escape", at: start)
        }
    }

    /// The text of what stands between the quotes of a string that was stepped over.
    func unescaped(_ content: Range<Int>) throws(EventError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var offset = content.lowerBound
        while offset < content.upperBound {
            guard byte(at: offset) == UInt8(ascii: "\\") else {
                text.append(byte(at: offset))
                offset += 1
                continue
            }
            switch byte(at: offset + 1) {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = try scalar(at: &offset, before: content.upperBound)
                text.append(contentsOf: String(scalar).utf8)
                continue
            case let byte: text.append(byte)
            }
            offset += 2
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `\uXXXX`, or two of them that make a surrogate pair.
    private func scalar(at offset: inout Int, before end: Int) throws(EventError) -> Unicode.Scalar {
        let start = offset
        guard let unit = hex(at: start + 2) else { throw Self.fault("invalid escape", at: start) }
        offset += 6
        if let scalar = Unicode.Scalar(unit) { return scalar }

        let second = offset
        if unit < 0xDC00, second + 6 <= end, byte(at: second) == UInt8(ascii: "\\"),
            byte(at: second + 1) == UInt8(ascii: "u"), let low = hex(at: second + 2), (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        {
            offset += 6
            return scalar
        }
        throw Self.fault("surrogate without its pair", at: start)
    }

    /// The number that four hexadecimal digits make.
    private func hex(at offset: Int) -> UInt32? {
        var number: UInt32 = 0
        for place in offset..<offset + 4 {
            let digit = byte(at: place)
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = number << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return number
    }
}
