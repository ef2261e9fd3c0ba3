/// Reads JSON strictly as RFC 8259 writes it, and hands out values as ranges of the input.
///
/// Every error is ``EventError/malformedEnvelope(_:)`` with what is wrong and the byte offset. Nothing recurses, so deep
/// nesting costs memory in proportion to ``maximumDepth`` at most.
///
/// A reader reads bytes where they lie, and so exists only inside ``read(_:_:)``.
@usableFromInline
@safe package struct JSONReader: ~Copyable {
    /// The greatest number of objects and arrays inside one another.
    package static let maximumDepth = 512

    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>
    @usableFromInline package internal(set) var position = 0
    @usableFromInline private(set) var depth = 0

    @inlinable
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        unsafe self.bytes = unsafe bytes
    }

    /// Reads a document, all of it.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - body: Reads what there is, from the beginning to the end.
    /// - Returns: What `body` returns.
    /// - Throws: When the bytes are no UTF-8, when `body` throws, and when it leaves more than white space.
    @inlinable @inline(__always)
    package static func read<Result>(
        _ bytes: Span<UInt8>,
        _ body: (inout JSONReader) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        try checkUTF8(bytes)
        return try unsafe bytes.withUnsafeBufferPointer { bytes throws(EventError) in
            var reader = unsafe JSONReader(bytes)
            let result = try body(&reader)
            try reader.finish()
            return result
        }
    }

    @usableFromInline
    static func checkUTF8(_ bytes: Span<UInt8>) throws(EventError) {
        if let offset = UTF8Validation.firstFault(in: bytes) { throw fault("invalid UTF-8", at: offset) }
    }

    /// How many bytes the document has.
    var count: Int { unsafe bytes.count }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count)
        return unsafe bytes[offset]
    }

    /// Runs `body` on a range of the document, such as a value stands in.
    @inlinable @inline(__always)
    package func withBytes<Result, Failure>(
        in range: Range<Int>,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(Span(_unsafeElements: bytes).extracting(range))
    }

    @inline(__always)
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe body(Span(_unsafeElements: bytes))
    }

    func text(in range: Range<Int>) -> String {
        withBytes { $0.text(in: range) }
    }

    package static func fault(_ what: String, at offset: Int) -> EventError {
        .malformedEnvelope("\(what) at byte \(offset)")
    }

    /// The next byte that is no white space, or `nil` at the end.
    @inline(__always)
    package mutating func peek() -> UInt8? {
        guard position < count, byte(at: position) > 0x20 else { return peekAfterSpace() }
        return byte(at: position)
    }

    private mutating func peekAfterSpace() -> UInt8? {
        while position < count {
            switch byte(at: position) {
            case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// Fails unless only white space is left.
    @usableFromInline
    mutating func finish() throws(EventError) {
        guard peek() == nil else { throw Self.fault("trailing bytes", at: position) }
    }

    /// Counts one level of nesting around the document.
    mutating func assumeEnclosed() {
        depth += 1
    }

    // MARK: Objects and arrays

    /// Reads an object; `body` must read exactly one member, its name and its value.
    package mutating func object(_ body: (inout JSONReader) throws(EventError) -> Void) throws(EventError) {
        try open(UInt8(ascii: "{"), "an object")
        if peek() == UInt8(ascii: "}") {
            position += 1
        } else {
            repeat { try body(&self) } while try another(before: UInt8(ascii: "}"))
        }
        depth -= 1
    }

    /// Reads an array; `body` must read exactly one element.
    mutating func array(_ body: (inout JSONReader) throws(EventError) -> Void) throws(EventError) {
        try open(UInt8(ascii: "["), "an array")
        if peek() == UInt8(ascii: "]") {
            position += 1
        } else {
            repeat { try body(&self) } while try another(before: UInt8(ascii: "]"))
        }
        depth -= 1
    }

    /// Reads the name of a member, to compare it with those that are looked for.
    package mutating func name() throws(EventError) -> MemberName {
        try beginName()
        let start = position + 1
        if let (word, count) = withBytes({ $0.shortText(at: start) }) {
            position = start &+ count &+ 1
            try expect(UInt8(ascii: ":"), "':'")
            return MemberName(prefix: count, of: word)
        }
        let isEscaped = try skipString()
        let end = position - 1
        try expect(UInt8(ascii: ":"), "':'")
        guard isEscaped else { return withBytes { MemberName($0, in: start..<end) } }
        let unescaped = Array(try unescaped(start..<end).utf8)
        return MemberName(unescaped.span, in: unescaped.indices)
    }

    /// Reads the name of a member as text.
    mutating func nameText() throws(EventError) -> String {
        try beginName()
        let name = try string()
        try expect(UInt8(ascii: ":"), "':'")
        return name
    }

    /// Steps over a name that nobody asks for, so its escapes need not make text.
    private mutating func skipName() throws(EventError) {
        try beginName()
        try skipString()
        try expect(UInt8(ascii: ":"), "':'")
    }

    @inline(__always)
    private mutating func beginName() throws(EventError) {
        guard peek() == UInt8(ascii: "\"") else { throw Self.fault("expected a member name", at: position) }
    }

    private mutating func open(_ bracket: UInt8, _ what: String) throws(EventError) {
        guard peek() == bracket else { throw Self.fault("expected \(what)", at: position) }
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw Self.fault("nesting deeper than \(Self.maximumDepth)", at: position)
        }
        position += 1
    }

    @inline(__always)
    private mutating func another(before bracket: UInt8) throws(EventError) -> Bool {
        switch peek() {
        case UInt8(ascii: ","):
            position += 1
            return true
        case bracket:
            position += 1
            return false
        default:
            throw Self.fault("expected ',' or '\(Character(Unicode.Scalar(bracket)))'", at: position)
        }
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8, _ what: StaticString) throws(EventError) {
        guard peek() == byte else { throw Self.fault("expected \(what)", at: position) }
        position += 1
    }

    // MARK: Any value

    /// Steps over one value.
    ///
    /// - Returns: Where the value stands, without the white space around it.
    package mutating func value() throws(EventError) -> Range<Int> {
        let next = peek()
        let start = position
        switch next {
        case UInt8(ascii: "{"), UInt8(ascii: "["): try nested()
        case UInt8(ascii: "\""): try skipString()
        default: try scalar()
        }
        return start..<position
    }

    private mutating func nested() throws(EventError) {
        var closers: [UInt8] = []
        repeat {
            switch peek() {
            case UInt8(ascii: "{"):
                try open(UInt8(ascii: "{"), "an object")
                closers.append(UInt8(ascii: "}"))
                if peek() != UInt8(ascii: "}") {
                    try skipName()
                    continue
                }
                position += 1
                closers.removeLast()
                depth -= 1
            case UInt8(ascii: "["):
                try open(UInt8(ascii: "["), "an array")
                closers.append(UInt8(ascii: "]"))
                if peek() != UInt8(ascii: "]") { continue }
                position += 1
                closers.removeLast()
                depth -= 1
            case UInt8(ascii: "\""):
                try skipString()
            default:
                try scalar()
            }
            try leave(&closers)
        } while !closers.isEmpty
    }

    /// After a value: closes what ends here, or steps to the next element.
    private mutating func leave(_ closers: inout [UInt8]) throws(EventError) {
        while let closer = closers.last {
            if try another(before: closer) {
                if closer == UInt8(ascii: "}") { try skipName() }
                return
            }
            closers.removeLast()
            depth -= 1
        }
    }

    private mutating func scalar() throws(EventError) {
        switch peek() {
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    /// Steps over `null` when it is next.
    package mutating func null() throws(EventError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    private mutating func literal(_ text: String) throws(EventError) {
        let end = position + text.utf8.count
        guard end <= count, withBytes({ $0.holds(text, in: position..<end) }) else {
            throw Self.fault("expected a value", at: position)
        }
        position = end
    }

    private mutating func number() throws(EventError) {
        let start = position
        if next(is: UInt8(ascii: "-")) { position += 1 }
        if next(is: UInt8(ascii: "0")) {
            position += 1
        } else {
            try digits(since: start)
        }
        if next(is: UInt8(ascii: ".")) {
            position += 1
            try digits(since: start)
        }
        if next(is: UInt8(ascii: "e")) || next(is: UInt8(ascii: "E")) {
            position += 1
            if next(is: UInt8(ascii: "+")) || next(is: UInt8(ascii: "-")) { position += 1 }
            try digits(since: start)
        }
    }

    private mutating func digits(since start: Int) throws(EventError) {
        let first = position
        while position < count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte(at: position)) {
            position += 1
        }
        guard position > first else {
            throw Self.fault(first == start ? "expected a value" : "expected a digit", at: position)
        }
    }

    private func next(is expected: UInt8) -> Bool {
        position < count && byte(at: position) == expected
    }

    /// Reads a whole number from 0 to `UInt64.max`.
    package mutating func unsignedInteger() throws(EventError) -> UInt64 {
        _ = peek()
        let start = position
        var number: UInt64 = 0
        var next: UInt8 = 0
        while position < count {
            next = byte(at: position)
            let digit = next &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            // Eighteen digits fit in any case.
            if position &- start < 18 {
                number = number &* 10 &+ UInt64(digit)
            } else {
                let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
                let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
                guard !isTooLarge, !carries else { throw Self.fault("expected a whole number", at: start) }
                number = sum
            }
            position &+= 1
        }
        let hasLeadingZero = position > start + 1 && byte(at: start) == UInt8(ascii: "0")
        let isFraction =
            position < count
            && (next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E"))
        guard position > start, !hasLeadingZero, !isFraction else {
            throw Self.fault("expected a whole number", at: start)
        }
        return number
    }

    /// Steps over an object or an array if its text, which stands in `text` alone, is what comes next.
    package mutating func skip(_ text: [UInt8]) -> Bool {
        guard peek() != nil, !text.isEmpty, text.count <= count - position else { return false }
        let isSame = withBytes { $0.extracting(position..<position + text.count).hasSameBytes(as: text.span) }
        guard isSame else { return false }
        position += text.count
        return true
    }
}
