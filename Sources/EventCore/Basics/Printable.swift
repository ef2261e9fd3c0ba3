extension UInt8 {
    /// Whether this is a control character of ASCII.
    package var isControl: Bool { self < 0x20 || self == 0x7F }

    /// Whether it is, or begins in UTF-8, a character that ``Swift/String/printable`` escapes.
    package var mayBeginControl: Bool { isControl || self == 0xC2 || self == 0xD8 || self == 0xE2 }
}

extension Unicode.Scalar {
    /// Whether it ends a line, steers a terminal or turns the direction of what follows.
    package var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0: true  // controls, the line end U+0085 among them
        case 0x2028, 0x2029: true  // the separators of lines and paragraphs
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // what Unicode calls Bidi_Control
        default: false
        }
    }
}

extension Span<UInt8> {
    /// Whether UTF-8 holds a character that ``Swift/String/printable`` escapes.
    package var holdsControl: Bool {
        var index = 0
        while index < count {
            let byte = self[index]
            index &+= 1
            guard byte.mayBeginControl else { continue }
            let (second, third) = (index < count ? self[index] : 0, index &+ 1 < count ? self[index &+ 1] : 0)
            switch (byte, second, third) {
            case (0xC2, 0x80..<0xA0, _), (0xD8, 0x9C, _): return true
            case (0xE2, 0x80, 0x8E...0x8F), (0xE2, 0x80, 0xA8...0xAE), (0xE2, 0x81, 0xA6...0xA9): return true
            case (0xC2, _, _), (0xD8, _, _), (0xE2, _, _): continue
            default: return true
            }
        }
        return false
    }
}

extension String {
    /// The text with control characters, line ends and bidirectional marks escaped, so that it stays on its line, reads in
    /// the order it is written in, and cannot steer a terminal.
    package var printable: String {
        guard utf8.contains(where: \.mayBeginControl), unicodeScalars.contains(where: \.isControl) else { return self }
        return unicodeScalars.reduce(into: "") { result, scalar in
            result += scalar.isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }

    /// What the text begins with, printable, for words about it: it may be long, and not for everybody.
    package var excerpt: String { excerpt(upTo: 60) }

    /// What the text begins with, printable, of so many scalars at most.
    package func excerpt(upTo count: Int) -> String {
        var end = unicodeScalars.startIndex
        guard unicodeScalars.formIndex(&end, offsetBy: count, limitedBy: unicodeScalars.endIndex),
            end < unicodeScalars.endIndex
        else { return printable }
        return String(unicodeScalars[..<end]).printable + "…"
    }
}
