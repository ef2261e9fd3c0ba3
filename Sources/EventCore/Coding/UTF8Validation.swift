/// Checks that bytes are well-formed UTF-8 (The Unicode Standard, table 3-7).
package enum UTF8Validation {
    /// The offset of the first byte that begins no well-formed sequence, or `nil` when all is well.
    ///
    /// - Complexity: O(*n*); eight bytes a step over ASCII.
    package static func firstFault(in bytes: Span<UInt8>) -> Int? {
        var offset = 0
        while offset < bytes.count {
            if offset &+ 8 <= bytes.count, bytes.isASCII(at: offset) {
                offset &+= 8
                while offset &+ 32 <= bytes.count, bytes.areASCII32(at: offset) { offset &+= 32 }
            } else if offset &+ 8 > bytes.count, bytes.count >= 8, bytes.isASCII(at: bytes.count &- 8) {
                return nil
            } else if bytes[offset] < 0x80 {
                offset &+= 1
            } else {
                guard let length = sequenceLength(bytes, at: offset) else { return offset }
                offset &+= length
            }
        }
        return nil
    }

    /// The length of the multi-byte sequence at an offset, or `nil` when it is ill-formed.
    private static func sequenceLength(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[offset] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return nil }
        for index in offset + 2..<max(offset + 2, offset + length) where !(0x80...0xBF).contains(bytes[index]) {
            return nil
        }
        return length
    }
}

extension Span<UInt8> {
    /// Whether eight bytes are ASCII.
    @inline(__always)
    fileprivate func isASCII(at offset: Int) -> Bool {
        word(at: offset) & 0x8080_8080_8080_8080 == 0
    }

    /// Whether thirty-two bytes are ASCII.
    @inline(__always)
    fileprivate func areASCII32(at offset: Int) -> Bool {
        let words = word(at: offset) | word(at: offset &+ 8) | word(at: offset &+ 16) | word(at: offset &+ 24)
        return words & 0x8080_8080_8080_8080 == 0
    }
}
