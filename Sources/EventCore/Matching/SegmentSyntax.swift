/// The rules that subjects and patterns share: what may stand between the dots.
enum SegmentSyntax {
    static let dot = UInt8(ascii: ".")
    static let any = UInt8(ascii: "*")
    static let rest = UInt8(ascii: ">")

    /// What is wrong with a text, if anything.
    ///
    /// - Parameters:
    ///   - text: The text to check.
    ///   - wildcards: What a segment that holds a wildcard means.
    /// - Returns: The fault and where it is, or `nil` for a well-formed text.
    /// - Complexity: O(*n*) in the length of the text.
    static func fault(in text: String, wildcards: Wildcards) -> String? {
        text.withUTF8Bytes { bytes in
            if isPlain(bytes) { return nil }
            guard !bytes.isEmpty else { return "empty" }
            guard bytes.count <= Subject.maximumUTF8Count else {
                return "exceeds \(Subject.maximumUTF8Count) bytes (\(bytes.count))"
            }
            guard bytes[0] != dot, bytes[bytes.count - 1] != dot else {
                return "leading or trailing dot in \"\(text)\""
            }

            var start = 0
            var index = 0
            while start < bytes.count {
                let end = bytes.segmentEnd(from: start)
                if let fault = segmentFault(bytes, start..<end, index: index, wildcards: wildcards) {
                    return "\(fault) in \"\(text)\""
                }
                start = end + 1
                index += 1
            }
            return nil
        }
    }

    /// Whether there is neither a fault nor a wildcard, which is soon found out.
    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count <= Subject.maximumUTF8Count else { return false }
        var previous = dot
        for offset in 0..<bytes.count {
            let byte = bytes[offset]
            if byte == any || byte == rest || byte == dot && previous == dot { return false }
            previous = byte
        }
        return previous != dot
    }

    /// Whether wildcards are part of the text's language.
    enum Wildcards { case refused, allowed }

    private static func segmentFault(
        _ bytes: Span<UInt8>,
        _ segment: Range<Int>,
        index: Int,
        wildcards: Wildcards
    ) -> String? {
        guard !segment.isEmpty else { return "empty segment at index \(index)" }
        for offset in segment where bytes[offset] == any || bytes[offset] == rest {
            let wildcard = bytes[offset] == any ? "'*'" : "'>'"
            guard wildcards == .allowed else { return "wildcard \(wildcard) at segment \(index) of a subject" }
            guard segment.count == 1 else { return "wildcard \(wildcard) inside a longer text at segment \(index)" }
            guard bytes[offset] == any || segment.upperBound == bytes.count else {
                return "'>' must be the last segment, not segment \(index),"
            }
        }
        return nil
    }
}
