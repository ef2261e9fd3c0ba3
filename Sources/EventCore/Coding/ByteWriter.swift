#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Memory that bytes are appended to, and that grows when it has to.
///
/// An array would check at each append whether it is shared; this cannot be, so a short append is a compare and a copy. It
/// begins with memory of whoever makes it, which may be on the stack, and goes on with memory of its own.
@usableFromInline
@safe package struct ByteWriter: ~Copyable {
    @usableFromInline private(set) var base: UnsafeMutablePointer<UInt8>
    @usableFromInline private(set) var capacity: Int
    @usableFromInline private(set) var ownsMemory = false
    @usableFromInline package private(set) var count = 0

    /// Creates a writer on memory that outlives it.
    @unsafe init(on memory: UnsafeMutableBufferPointer<UInt8>) {
        unsafe base = memory.baseAddress.unsafelyUnwrapped
        capacity = memory.count
    }

    deinit {
        if ownsMemory { unsafe base.deallocate() }
    }

    /// Runs `body` with a writer that needs no memory but the stack for up to 1000 bytes.
    @inline(__always)
    static func with<Result, Failure>(
        _ body: (inout ByteWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { memory throws(Failure) in
            var writer = unsafe ByteWriter(on: memory)
            return try body(&writer)
        }
    }

    /// Runs `body` on what has been written.
    @inlinable @inline(__always)
    package borrowing func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(Span(_unsafeStart: base, count: count))
    }

    /// What has been written, which nothing may be appended to any more.
    mutating func takeData() -> Data {
        // Up to some length a copy is quicker than an object that knows how its memory is freed.
        guard ownsMemory, count > Self.leastHandedOverCount else { return unsafe Data(bytes: base, count: count) }
        ownsMemory = false
        return unsafe Data(
            bytesNoCopy: base,
            count: count,
            deallocator: .custom { memory, _ in unsafe memory.deallocate() }
        )
    }

    private static var leastHandedOverCount: Int { 4096 }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        unsafe base[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        if bytes.count > capacity &- count { grow(by: bytes.count) }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).update(from: start, count: source.count)
        }
        count &+= bytes.count
    }

    /// Appends what a text begins with as long as it needs no escape, by steps of eight bytes.
    ///
    /// - Returns: How many bytes that were.
    @inline(__always)
    mutating func appendPlainBeginning(of text: Span<UInt8>) -> Int {
        let length = text.count
        if length > capacity &- count { grow(by: length) }
        let target = unsafe UnsafeMutableRawPointer(base + count)
        var offset = 0
        while offset &+ 8 <= length {
            let word = text.word(at: offset)
            guard word.isPlainText else { break }
            unsafe target.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        guard length &- offset < 8 else {
            count &+= offset
            return offset
        }
        if length >= 8 {
            // The rest together with bytes before it, which are written twice.
            let word = text.word(at: length &- 8)
            if word.isPlainText {
                unsafe target.storeBytes(of: word, toByteOffset: length &- 8, as: UInt64.self)
                offset = length
            }
        } else if length >= 4 {
            // Two halves, which overlap.
            let (first, last) = (text.halfWord(at: 0), text.halfWord(at: length &- 4))
            if (UInt64(first) | UInt64(last) &<< 32).isPlainText {
                unsafe target.storeBytes(of: first, toByteOffset: 0, as: UInt32.self)
                unsafe target.storeBytes(of: last, toByteOffset: length &- 4, as: UInt32.self)
                offset = length
            }
        } else {
            while offset < length, text[offset].isPlainText {
                unsafe target.storeBytes(of: text[offset], toByteOffset: offset, as: UInt8.self)
                offset &+= 1
            }
        }
        count &+= offset
        return offset
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        if length > capacity &- count { grow(by: length) }
        unsafe (base + count).update(from: text.utf8Start, count: length)
        count &+= length
    }

    /// Writes the text of an id.
    mutating func append(_ xid: EventIdentifier) {
        if EventIdentifier.textCount > capacity &- count { grow(by: EventIdentifier.textCount) }
        unsafe xid.write(to: UnsafeMutableRawBufferPointer(start: base + count, count: EventIdentifier.textCount))
        count &+= EventIdentifier.textCount
    }

    /// Writes eight bytes, the highest first.
    @inline(__always)
    mutating func append(bigEndian number: UInt64) {
        if 8 > capacity &- count { grow(by: 8) }
        unsafe UnsafeMutableRawPointer(base).storeBytes(of: number.bigEndian, toByteOffset: count, as: UInt64.self)
        count &+= 8
    }

    /// Writes four bytes, the highest first.
    @inline(__always)
    mutating func append(bigEndian number: UInt32) {
        if 4 > capacity &- count { grow(by: 4) }
        unsafe UnsafeMutableRawPointer(base).storeBytes(of: number.bigEndian, toByteOffset: count, as: UInt32.self)
        count &+= 4
    }

    /// Writes a number in groups of seven bits, the lowest first; all but the last have the highest bit set (LEB128).
    @inline(__always)
    mutating func append(varint number: Int) {
        var rest = UInt(bitPattern: number)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes a number without leading zeros.
    mutating func append(decimal number: UInt64) {
        var width = 1
        var rest = number
        while rest >= 10 {
            width &+= 1
            rest /= 10
        }
        if width > capacity &- count { grow(by: width) }
        count &+= width
        var place = count
        rest = number
        repeat {
            place &-= 1
            unsafe base[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Writes a number below 100 in the place of two bytes.
    @inline(__always)
    mutating func overwrite(pair number: UInt32, at offset: Int) {
        precondition(offset >= 0 && offset &+ 2 <= count)
        let tens = (number &* 103) &>> 10  // number / 10, for a number below 179
        let digits = UInt16(truncatingIfNeeded: tens | (number &- tens &* 10) &<< 8) &+ 0x3030
        unsafe UnsafeMutableRawPointer(base).storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Takes back what was written from a place on.
    mutating func removeAll(from newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        count = newCount
    }

    mutating func removeTrailingZeros() {
        while count > 0, unsafe base[count &- 1] == UInt8(ascii: "0") { count &-= 1 }
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        // With room for what closes a document, which would otherwise copy a long payload once more.
        let larger = max(capacity * 2, count + length + 64)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe memory.moveInitialize(from: base, count: count)
        if ownsMemory { unsafe base.deallocate() }
        unsafe base = memory
        ownsMemory = true
        capacity = larger
    }
}
