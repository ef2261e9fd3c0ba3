extension String {
    /// Runs `body` on the bytes of the text.
    ///
    /// - Precondition: The text is stored as contiguous UTF-8, as after `makeContiguousUTF8()`.
    @inlinable @inline(__always)
    package func withUTF8Bytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let result = unsafe utf8.withContiguousStorageIfAvailable { buffer in
            body(unsafe Span(_unsafeElements: buffer))
        }
        guard let result else { preconditionFailure("text is not contiguous UTF-8") }
        return result
    }

    /// Whether both texts are one and the same in memory, which settles most comparisons of a text with itself.
    @inlinable @inline(__always)
    package func isIdentical(to other: String) -> Bool {
        unsafe withUnsafeBytes(of: self) { left in
            unsafe withUnsafeBytes(of: other) { right in
                for offset in stride(from: 0, to: MemoryLayout<String>.size, by: 4) {
                    let word = unsafe left.load(fromByteOffset: offset, as: UInt32.self)
                    guard unsafe right.load(fromByteOffset: offset, as: UInt32.self) == word else { return false }
                }
                return true
            }
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes of `range` are those of `text`.
    @inlinable @inline(__always)
    package func holds(_ text: String, in range: Range<Int>) -> Bool {
        text.withUTF8Bytes { other in
            guard other.count == range.count else { return false }
            return extracting(range).hasSameBytes(as: other)
        }
    }

    /// Whether both spans hold the same bytes in the same order.
    @inlinable @inline(__always)
    package func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset &+ 8 <= count {
            guard word(at: offset) == other.word(at: offset) else { return false }
            offset &+= 8
        }
        while offset < count {
            guard self[offset] == other[offset] else { return false }
            offset &+= 1
        }
        return true
    }

    /// Whether the bytes come before those of `other`, the shorter first where one begins the other.
    @inlinable
    package func precedes(_ other: Span<UInt8>) -> Bool {
        for offset in 0..<Swift.min(count, other.count) where self[offset] != other[offset] {
            return self[offset] < other[offset]
        }
        return count < other.count
    }

    /// The offset of the first `.` at or after `start`, or `count` when there is none.
    @inlinable @inline(__always)
    package func segmentEnd(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != UInt8(ascii: ".") { end &+= 1 }
        return end
    }

    /// The bytes of `range` as text.
    package func text(in range: Range<Int>) -> String {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Four bytes as one integer, in the machine's byte order; only debug builds check the bounds.
    @inlinable @inline(__always)
    package func halfWord(at offset: Int) -> UInt32 {
        assert(offset >= 0 && offset + 4 <= count)
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
    }

    /// Eight bytes as one integer, in the machine's byte order; only debug builds check the bounds.
    @inlinable @inline(__always)
    package func word(at offset: Int) -> UInt64 {
        assert(offset >= 0 && offset + 8 <= count)
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
    }
}
