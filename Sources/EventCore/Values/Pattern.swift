/// What a subscription listens to: a subject in which `*` stands for one segment and a final `>` for all that follow.
///
/// `graph.run.*.start` matches the start of every run, `graph.run.r1.>` whatever happens in run `r1`, `>` everything.
/// A wildcard is a whole segment; `*` is exactly one segment and `>` one or more, never none. Literal segments compare
/// byte for byte. The wildcards and their meaning are those of NATS subjects.
///
/// A string literal makes a pattern and traps when it is malformed; other text goes through ``init(validating:)``.
public struct Pattern: Sendable {
    /// The whole text.
    public let rawValue: String

    /// Creates a pattern from text that is only known at run time.
    ///
    /// - Parameter text: The segments, joined by `.`; at most ``Subject/maximumUTF8Count`` bytes of UTF-8.
    /// - Throws: ``EventError/invalidPattern(_:)`` that names the fault and the segment.
    /// - Complexity: O(*n*), where *n* is the length of `text` in UTF-8 bytes.
    public init(validating text: String) throws(EventError) {
        var text = text
        text.makeContiguousUTF8()
        if let fault = SegmentSyntax.fault(in: text, wildcards: .allowed) { throw .invalidPattern(fault) }
        rawValue = text
    }

    /// Creates the pattern that matches one subject and no other.
    ///
    /// - Parameter subject: The subject to match.
    public init(_ subject: Subject) {
        rawValue = subject.rawValue
    }

    /// Whether a subject fits.
    ///
    /// - Parameter subject: The subject to test.
    /// - Returns: Whether every segment of the pattern fits its counterpart and nothing is left over.
    /// - Complexity: O(*n*) in the length of the shorter text; allocates nothing.
    public func matches(_ subject: Subject) -> Bool {
        rawValue.withUTF8Bytes { pattern in
            subject.rawValue.withUTF8Bytes { Self.matches(pattern, $0) }
        }
    }

    /// Wildcards stand alone between dots, so meeting one means standing at the start of a segment on both sides.
    private static func matches(_ pattern: Span<UInt8>, _ subject: Span<UInt8>) -> Bool {
        var position = 0
        for offset in 0..<pattern.count {
            guard position < subject.count else { return false }
            switch pattern[offset] {
            case SegmentSyntax.rest:
                return true
            case SegmentSyntax.any:
                position = subject.segmentEnd(from: position)
            case let byte:
                guard subject[position] == byte else { return false }
                position &+= 1
            }
        }
        return position == subject.count
    }

    /// What every matching subject begins with: `graph.run.` of `graph.run.*.start`, the empty text of `>`, and the
    /// whole text when the pattern has no wildcard.
    public var literalPrefix: String {
        rawValue.withUTF8Bytes { bytes in
            for offset in 0..<bytes.count
            where bytes[offset] == SegmentSyntax.any || bytes[offset] == SegmentSyntax.rest {
                return String(decoding: rawValue.utf8.prefix(offset), as: UTF8.self)
            }
            return rawValue
        }
    }
}

extension Pattern: ExpressibleByStringLiteral {
    /// Creates a pattern from a literal.
    ///
    /// - Parameter value: A well-formed pattern; a malformed one is a programming error and traps.
    public init(stringLiteral value: String) {
        if let fault = SegmentSyntax.fault(in: value, wildcards: .allowed) {
            preconditionFailure("invalid pattern: \(fault)")
        }
        rawValue = value
    }
}

extension Pattern: Hashable {
    /// Whether both have the same bytes.
    public static func == (left: Pattern, right: Pattern) -> Bool {
        left.rawValue.withUTF8Bytes { bytes in bytes.holds(right.rawValue, in: 0..<bytes.count) }
    }

    /// Feeds the bytes' hash to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rawValue.withUTF8Bytes { ByteHash.hash($0, in: 0..<$0.count) })
    }
}

extension Pattern: Comparable {
    /// Whether the left pattern's bytes come first.
    public static func < (left: Pattern, right: Pattern) -> Bool {
        left.rawValue.withUTF8Bytes { bytes in right.rawValue.withUTF8Bytes { bytes.precedes($0) } }
    }
}

extension Pattern: CustomStringConvertible {
    /// The whole text, with control characters, line ends and bidirectional marks escaped; ``rawValue`` is the text itself.
    public var description: String { rawValue.printable }
}

extension Pattern: Codable {
    /// Decodes a pattern from a single string.
    ///
    /// - Parameter decoder: The decoder to read from.
    /// - Throws: `DecodingError.dataCorrupted` that names the fault when the string is no pattern.
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
