extension UInt8 {
    /// Whether this is a control character of ASCII.
    var isControl: Bool { self < 0x20 || self == 0x7F }

    /// Whether this is a control character of ASCII, or the first byte of one beyond ASCII.
    var mayBeginControl: Bool { isControl || self == 0xC2 || self == 0xD8 || self == 0xE2 }
}

extension Unicode.Scalar {
    /// Whether this steers a terminal, ends a line somewhere, or turns the direction of the text around it.
    var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension Span<UInt8> {
    /// Whether UTF-8 holds a character that ``Swift/String/printable`` escapes.
    var holdsControl: Bool {
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
    /// The text with control characters, line separators and bidirectional marks escaped.
    ///
    /// It stays on its line, cannot steer a terminal, and reads in the order in which it is written.
    var printable: String {
        guard utf8.contains(where: \.mayBeginControl) else { return self }
        return unicodeScalars.reduce(into: "") { result, scalar in
            result += scalar.isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
