/// The name of a member of a JSON object, compared without making text of it.
///
/// Names of up to eight bytes fit into one integer, and every key of an envelope is one; longer names equal nothing.
@usableFromInline
package struct MemberName: Equatable, ExpressibleByStringLiteral, Sendable {
    @usableFromInline var word: UInt64 = 0
    @usableFromInline var count: Int

    /// Creates the name of a key that is looked for, of at most eight bytes.
    @inlinable @inline(__always)
    package init(stringLiteral name: StaticString) {
        count = name.utf8CodeUnitCount
        for offset in 0..<min(count, 8) { word = unsafe word | UInt64(name.utf8Start[offset]) &<< (8 &* offset) }
    }

    /// Creates the name whose bytes, of which there are fewer than eight, stand in a word, the first one lowest.
    @inline(__always)
    init(prefix count: Int, of word: UInt64) {
        self.count = count
        self.word = word & (1 &<< (8 &* count) &- 1)
    }

    /// Creates the name that stands in a range of bytes.
    init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        count = range.count
        guard count <= 8 else { return }
        for offset in 0..<count { word |= UInt64(bytes[range.lowerBound + offset]) &<< (8 &* offset) }
    }

    /// The name of a key that has been found by comparing.
    var text: String {
        String(decoding: (0..<min(count, 8)).map { UInt8(truncatingIfNeeded: word &>> (8 &* $0)) }, as: UTF8.self)
    }

    @inlinable @inline(__always)
    package static func == (left: MemberName, right: MemberName) -> Bool {
        left.word == right.word && left.count == right.count
    }
}
