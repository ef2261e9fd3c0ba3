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
        for offset in 0..<min(count, 8) { word = unsafe word &<< 8 | UInt64(name.utf8Start[offset]) }
    }

    /// Creates the name that stands in a range of bytes.
    init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        count = range.count
        guard count <= 8 else { return }
        for offset in range { word = word &<< 8 | UInt64(bytes[offset]) }
    }

    @inlinable @inline(__always)
    package static func == (left: MemberName, right: MemberName) -> Bool {
        left.word == right.word && left.count == right.count
    }
}
