/// A dot-separated routing key, such as `orders.eu.created`.
///
/// A subject is not empty, has at most ``maximumUTF8Count`` bytes, no empty segment and neither `*` nor `>`. Any other
/// byte is allowed, upper and lower case differ, and two subjects are equal when their UTF-8 bytes are: `é` as one code
/// point differs from `e` with a combining accent.
///
/// A string literal makes a subject and traps when it is malformed. Text that is only known at run time goes through
/// ``init(validating:)``, parts that come from outside through ``init(segments:)``.
public struct Subject: Sendable {
    /// The greatest length of a subject or a pattern, in bytes of UTF-8.
    public static let maximumUTF8Count = 1024

    /// The whole text.
    public let rawValue: String
    /// The hash of the bytes, made once: a bus looks a subject up on every publish.
    @usableFromInline package let byteHash: UInt64

    /// Creates a subject from text that is only known at run time.
    ///
    /// - Parameter text: The segments, joined by `.`; at most ``maximumUTF8Count`` bytes of UTF-8.
    /// - Throws: ``EventError/invalidSubject(_:)`` that names the fault and the segment.
    /// - Complexity: O(*n*), where *n* is the length of `text` in UTF-8 bytes.
    public init(validating text: String) throws(EventError) {
        var text = text
        text.makeContiguousUTF8()
        if let fault = SegmentSyntax.fault(in: text, wildcards: .refused) { throw .invalidSubject(fault) }
        self.init(wellFormed: text)
    }

    /// Creates a subject from segments, none of which can add another one.
    ///
    /// - Parameter segments: At least one text that is not empty and holds no `.`, `*` or `>`.
    /// - Throws: ``EventError/invalidSubject(_:)`` that names the fault and the segment.
    public init(segments: [String]) throws(EventError) {
        for (index, segment) in segments.enumerated() {
            if segment.isEmpty { throw .invalidSubject("empty segment at index \(index)") }
            if segment.utf8.contains(SegmentSyntax.dot) {
                throw .invalidSubject("dot inside segment \(index), \"\(segment)\"")
            }
        }
        try self.init(validating: segments.joined(separator: "."))
    }

    private init(wellFormed text: String) {
        rawValue = text
        byteHash = text.withUTF8Bytes { ByteHash.hash($0, in: 0..<$0.count) }
    }

    /// The parts between the dots, at least one.
    ///
    /// - Complexity: O(*n*) in the length of the subject.
    public var segments: [Substring] {
        rawValue.utf8.split(separator: SegmentSyntax.dot).map(Substring.init)
    }
}

extension Subject: ExpressibleByStringLiteral {
    /// Creates a subject from a literal.
    ///
    /// - Parameter value: A well-formed subject; a malformed one is a programming error and traps.
    public init(stringLiteral value: String) {
        if let fault = SegmentSyntax.fault(in: value, wildcards: .refused) {
            preconditionFailure("invalid subject: \(fault)")
        }
        self.init(wellFormed: value)
    }
}

extension Subject: Hashable {
    /// Whether both have the same bytes.
    @inlinable
    public static func == (left: Subject, right: Subject) -> Bool {
        guard left.byteHash == right.byteHash else { return false }
        return left.rawValue.isIdentical(to: right.rawValue) || left.hasSameBytes(as: right)
    }

    @usableFromInline
    func hasSameBytes(as other: Subject) -> Bool {
        rawValue.withUTF8Bytes { bytes in bytes.holds(other.rawValue, in: 0..<bytes.count) }
    }

    /// Feeds the bytes' hash to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(byteHash)
    }
}

extension Subject: Comparable {
    /// Whether the left subject's bytes come first.
    public static func < (left: Subject, right: Subject) -> Bool {
        left.rawValue.withUTF8Bytes { bytes in right.rawValue.withUTF8Bytes { bytes.precedes($0) } }
    }
}

extension Subject: CustomStringConvertible {
    /// The whole text, with control characters, line ends and bidirectional marks escaped; ``rawValue`` is the text itself.
    public var description: String { rawValue.printable }
}

extension Subject: Codable {
    /// Decodes a subject from a single string.
    ///
    /// - Parameter decoder: The decoder to read from.
    /// - Throws: `DecodingError.dataCorrupted` that names the fault when the string is no subject.
    public init(from decoder: any Decoder) throws {
        self = try decoder.decodeText { text throws(EventError) in try Self(validating: text) }
    }

    /// Encodes the text as a single string.
    ///
    /// - Parameter encoder: The encoder to write to.
    /// - Throws: What the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
