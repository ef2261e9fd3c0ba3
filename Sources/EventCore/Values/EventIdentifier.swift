import Synchronization

/// An xid, as github.com/rs/xid defines it: what envelopes are called unless somebody calls them otherwise.
///
/// An xid is twelve bytes, seconds since 1970 (4), random for each process (5), a counter (3), written as twenty
/// characters of lower-case base32hex (RFC 4648), so texts sort as the bytes do. Here seconds and counter advance as one
/// number that never goes back: ids made in one process sort by creation, also when the clock is set back and when more
/// than 2²⁴ are made in a second.
package struct EventIdentifier: Hashable, Sendable {
    /// The first eight bytes.
    let upper: UInt64
    /// The last four.
    let lower: UInt32

    /// How many bytes an id has.
    static let byteCount = 12

    init(upper: UInt64, lower: UInt32) {
        (self.upper, self.lower) = (upper, lower)
    }

    /// Makes an id that no other call in this process returns.
    ///
    /// - Parameter seconds: The current time in seconds since 1970.
    /// - Complexity: O(1); one atomic exchange.
    package init(at seconds: Int64) {
        // The four bytes for seconds last from 1970 to 2106.
        let held = UInt64(UInt32(clamping: seconds))
        let stamp = Self.advance(to: held << 24)
        self.init(stamp: stamp, process: Self.process)
    }

    /// The bytes of `stamp`, the low 40 bits of `process` between its seconds and its counter.
    init(stamp: UInt64, process: UInt64) {
        upper = (stamp >> 24) << 32 | process >> 8
        lower = UInt32(truncatingIfNeeded: (process & 0xFF) << 24 | stamp & 0xFF_FFFF)
    }

    /// Seconds since 1970 above, the 24 bits of the counter below.
    private static let last = Atomic<UInt64>(0)
    private static let process = UInt64.random(in: 0..<1 << 40)

    // Why no stamp is returned twice: each exchange puts a greater number in the place of the very one it was made from, and
    // nothing else writes here. Relaxed, since the number guards nothing else, and all changes of one number have one order
    // for everybody: who makes an id after another one, and knows it, gets a greater one.
    private static func advance(to now: UInt64) -> UInt64 {
        var previous = last.load(ordering: .relaxed)
        while true {
            let next = max(now, previous + 1)
            let (exchanged, original) = last.compareExchange(expected: previous, desired: next, ordering: .relaxed)
            if exchanged { return next }
            previous = original
        }
    }

    // MARK: Text

    /// How many characters an id is written with.
    static let textCount = 20

    /// The id as text.
    package var text: String {
        unsafe String(unsafeUninitializedCapacity: Self.textCount) { digits in
            unsafe write(to: UnsafeMutableRawBufferPointer(digits))
            return Self.textCount
        }
    }

    /// Writes the text into memory that has room for ``textCount`` bytes.
    func write(to memory: UnsafeMutableRawBufferPointer) {
        // 96 bits and four of filling: two words of eight digits, and four digits more.
        let first = Base32Word(bits: upper >> 24)
        let second = Base32Word(bits: (upper & 0xFF_FFFF) << 16 | UInt64(lower >> 16))
        let third = Base32Word(bits: UInt64(lower & 0xFFFF) << 24)
        unsafe memory.storeBytes(of: first.text, toByteOffset: 0, as: UInt64.self)
        unsafe memory.storeBytes(of: second.text, toByteOffset: 8, as: UInt64.self)
        unsafe memory.storeBytes(of: UInt32(truncatingIfNeeded: third.text), toByteOffset: 16, as: UInt32.self)
    }

    /// Reads the text of an id; `nil` for every other text, so that an id and its text stand for each other.
    package init?(_ text: Span<UInt8>) {
        guard text.count == Self.textCount else { return nil }
        // The last word begins with four digits that the one before it ends with.
        guard let first = Base32Word(text: text.word(at: 0)), let second = Base32Word(text: text.word(at: 8)),
            let overlap = Base32Word(text: text.word(at: 12)), overlap.bits & 15 == 0
        else { return nil }
        let third = overlap.bits & 0xF_FFFF
        upper = first.bits << 24 | second.bits >> 16
        lower = UInt32(truncatingIfNeeded: second.bits << 16 | third >> 4)
    }
}

/// Forty bits as eight digits of lower-case base32hex, all digits at once.
private struct Base32Word {
    /// The digits, the first one highest.
    let bits: UInt64

    init(bits: UInt64) {
        self.bits = bits
    }

    /// The digits as eight bytes of text, in the order of memory.
    var text: UInt64 { Self.text(of: Self.spread(bits)).bigEndian }

    /// Reads eight bytes of text, in the order of memory; `nil` when one of them is no digit.
    init?(text: UInt64) {
        let text = UInt64(bigEndian: text)
        // Letters have a bit that digits lack. What was no digit is written differently, or takes more than five bits.
        let letters = (text &>> 6) & Self.everyByte
        let digits = text &- 0x30 &* Self.everyByte &- 0x27 &* letters
        guard digits & (0xE0 &* Self.everyByte) == 0, Self.text(of: digits) == text else { return nil }
        bits = Self.gather(digits)
    }

    private static let everyByte: UInt64 = 0x0101_0101_0101_0101

    private static func text(of digits: UInt64) -> UInt64 {
        let letters = ((digits &+ 118 &* everyByte) &>> 7) & everyByte  // 118 more than 9 is not yet 128.
        return digits &+ 0x30 &* everyByte &+ 0x27 &* letters
    }

    /// Puts each five bits into a byte, by halves: 40 bits into two words of 20, those into words of 10, and so on.
    private static func spread(_ bits: UInt64) -> UInt64 {
        let twenties = (bits & 0xFF_FFF0_0000) << 12 | bits & 0xF_FFFF
        let tens = (twenties & 0x000F_FC00_000F_FC00) << 6 | twenties & 0x0000_03FF_0000_03FF
        return (tens & 0x03E0_03E0_03E0_03E0) << 3 | tens & 0x001F_001F_001F_001F
    }

    /// Takes the five bits of each byte together again.
    private static func gather(_ digits: UInt64) -> UInt64 {
        let tens = (digits & 0x1F00_1F00_1F00_1F00) >> 3 | digits & 0x001F_001F_001F_001F
        let twenties = (tens & 0x03FF_0000_03FF_0000) >> 6 | tens & 0x0000_03FF_0000_03FF
        return (twenties & 0x000F_FFFF_0000_0000) >> 12 | twenties & 0xF_FFFF
    }
}
