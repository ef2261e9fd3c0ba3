/// A fast keyed hash of a few bytes, for tables that look subjects and segments up.
///
/// Each eight bytes are mixed by a 64×64→128-bit multiplication whose halves are folded, as in Wang Yi's wyhash. The
/// key is drawn anew in every process, so nobody outside can choose subjects that collide.
@usableFromInline
package enum ByteHash {
    @usableFromInline static let key = UInt64.random(in: .min ... .max)

    /// The hash of a range of bytes.
    ///
    /// - Complexity: O(*n*) in the length of the range, about one multiplication for each eight bytes.
    @inlinable @inline(__always)
    package static func hash(_ bytes: Span<UInt8>, in range: Range<Int>) -> UInt64 {
        var state = key ^ UInt64(truncatingIfNeeded: range.count)
        var offset = range.lowerBound
        while offset &+ 8 <= range.upperBound {
            state = fold(state ^ bytes.word(at: offset), 0xA076_1D64_78BD_642F)
            offset &+= 8
        }
        var tail: UInt64 = 0
        while offset < range.upperBound {
            tail = tail &<< 8 | UInt64(bytes[offset])
            offset &+= 1
        }
        return fold(state ^ tail, 0xE703_7ED1_A0B4_28DB)
    }

    /// Mixes two numbers into one.
    @inlinable @inline(__always)
    package static func fold(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }
}
