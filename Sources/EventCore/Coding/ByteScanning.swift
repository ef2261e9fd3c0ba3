extension Span<UInt8> {
    /// The offset of the first byte at or after `start` that cannot stand in a JSON string as it is, or ends it: a
    /// control character, `"` or `\`; or `count`.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        firstOffset(from: start) { $0.endOfPlainText }
    }

    /// Eight bytes, the first one lowest, if a quote is the first of them that cannot stand in a string as it is.
    ///
    /// - Returns: The word, and how many bytes of it stand before the quote.
    @inline(__always)
    func shortText(at start: Int) -> (word: UInt64, count: Int)? {
        guard start &+ 8 <= count else { return nil }
        let word = UInt64(littleEndian: word(at: start))
        let found = word.endOfPlainText
        let length = found.trailingZeroBitCount / 8
        guard found != 0, self[start &+ length] == 0x22 else { return nil }
        return (word, length)
    }

    /// The offset of the first byte at or after `start` that may need an escape, or `count`.
    ///
    /// That is a control character, one of `"`, `&`, `<`, `>` and `\`, or 0xE2, with which a line separator begins.
    @inline(__always)
    func nextToEscape(from start: Int) -> Int {
        firstOffset(from: start) { word in
            // `"` and `&` differ in one bit, and so do `<` and `>`: without it one test finds both.
            let pairs = (word & ~(4 &* .everyByte)).hasByte(0x22) | (word & ~(2 &* .everyByte)).hasByte(0x3C)
            return word.hasControl | pairs | word.hasByte(0x5C) | word.hasByte(0xE2)
        }
    }

    /// Looks at eight bytes a step; `marks` sets the top bit of the first byte that it looks for, counted from the
    /// lowest, and none below it.
    @inline(__always)
    private func firstOffset(from start: Int, _ marks: (UInt64) -> UInt64) -> Int {
        var offset = start
        while offset &+ 8 <= count {
            let found = marks(UInt64(littleEndian: word(at: offset)))
            if found != 0 { return offset &+ found.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        guard offset < count else { return count }
        // What is left stands before a filling that is never looked for.
        var rest: UInt64 = 0x2020_2020_2020_2020
        if count >= 8 {
            let width = UInt64(truncatingIfNeeded: 8 &* (count &- offset))
            rest = rest &<< width | UInt64(littleEndian: word(at: count &- 8)) &>> (64 &- width)
        } else {
            for place in stride(from: count &- 1, through: offset, by: -1) { rest = rest &<< 8 | UInt64(self[place]) }
        }
        let found = marks(rest)
        return found != 0 ? offset &+ found.trailingZeroBitCount / 8 : count
    }
}

extension UInt8 {
    /// Whether it is ASCII that a JSON string holds as it is, and HTML too.
    @inline(__always)
    var isPlainText: Bool {
        (0x20..<0x80).contains(self) && self & ~4 != 0x22 && self & ~2 != 0x3C && self != 0x5C
    }
}

extension UInt64 {
    /// Whether each byte is ASCII that a JSON string holds as it is, and HTML too.
    ///
    /// What is asked of a byte below 0x80 is whether a sum reaches 0x80, which no sum passes by 0x80 or more, so nothing
    /// is carried into the next byte.
    @inline(__always)
    var isPlainText: Bool {
        let isPlain =
            (self &+ 0x60 &* .everyByte) & (self & ~(4 &* .everyByte)).differs(from: 0x22)
            & (self & ~(2 &* .everyByte)).differs(from: 0x3C) & differs(from: 0x5C)
        return (self | ~isPlain) & (0x80 &* .everyByte) == 0
    }

    /// Sets the top bit of every byte that is not `byte`, where no byte has it set.
    @inline(__always)
    private func differs(from byte: UInt64) -> UInt64 {
        (self ^ byte &* .everyByte) &+ 0x7F &* .everyByte
    }

    /// One in every byte.
    fileprivate static var everyByte: UInt64 { 0x0101_0101_0101_0101 }

    /// Marks the first byte that is `byte`, by the test for a zero byte of Hacker's Delight, section 6-1.
    @inline(__always)
    fileprivate func hasByte(_ byte: UInt64) -> UInt64 {
        let difference = self ^ (byte &* .everyByte)
        return (difference &- .everyByte) & ~difference & (0x80 &* .everyByte)
    }

    /// Marks the first byte that cannot stand in a JSON string as it is, or ends it.
    @inline(__always)
    fileprivate var endOfPlainText: UInt64 { hasControl | hasByte(0x22) | hasByte(0x5C) }

    /// Marks the first byte below 0x20.
    @inline(__always)
    fileprivate var hasControl: UInt64 {
        (self &- 0x20 &* .everyByte) & ~self & (0x80 &* .everyByte)
    }
}
