/// Memory that bytes are appended to, and that grows when it has to.
///
/// An array would check at each append whether it is shared; this cannot be, so a short append is a compare and a copy.
@safe package struct ByteWriter: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    /// Creates a writer that need not grow for so many bytes.
    package init(capacity: Int) {
        self.capacity = max(capacity, 16)
        unsafe base = .allocate(capacity: self.capacity)
    }

    deinit {
        unsafe base.deallocate()
    }

    /// Runs `body` on what has been written.
    package borrowing func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(Span(_unsafeStart: base, count: count))
    }

    var last: UInt8? {
        count > 0 ? unsafe base[count - 1] : nil
    }

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

    @inline(__always)
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        if length > capacity &- count { grow(by: length) }
        unsafe (base + count).update(from: text.utf8Start, count: length)
        count &+= length
    }

    /// Writes a number without leading zeros.
    mutating func append(decimal number: UInt64) {
        var width = 1
        var power: UInt64 = 10
        while width < 20, number >= power {
            width += 1
            (power, _) = power.multipliedReportingOverflow(by: 10)
        }
        append(decimal: number, width: width)
    }

    /// Writes the last `width` digits of a number.
    @inline(__always)
    mutating func append(decimal number: UInt64, width: Int) {
        if width > capacity &- count { grow(by: width) }
        var rest = number
        var place = count &+ width
        // Two digits for each division.
        while place > count &+ 1 {
            let pair = UInt8(truncatingIfNeeded: rest % 100)
            rest /= 100
            place &-= 2
            unsafe base[place] = UInt8(ascii: "0") &+ pair / 10
            unsafe base[place &+ 1] = UInt8(ascii: "0") &+ pair % 10
        }
        if place > count { unsafe base[count] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10) }
        count &+= width
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        let larger = max(capacity * 2, count + length)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe memory.moveInitialize(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = memory
        capacity = larger
    }
}
