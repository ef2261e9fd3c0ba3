/// What the first bytes of an input say about its encoding.
enum TextEncoding {
    private static let utf8Mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let utf16Marks: [[UInt8]] = [[0xFF, 0xFE], [0xFE, 0xFF]]

    /// Input without the mark that says it is UTF-8.
    static func withoutMark<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        bytes.starts(with: utf8Mark) ? bytes.dropFirst(utf8Mark.count) : bytes[...]
    }

    /// Whether input is UTF-16 by its mark, or by the zeros between its ASCII; UTF-32 counts as well.
    static func isUTF16(_ bytes: some Collection<UInt8>) -> Bool {
        if utf16Marks.contains(where: { bytes.starts(with: $0) }) { return bytes.contains(0) }
        let zeros = bytes.prefix(4).map { $0 == 0 }
        return zeros == [true, false, true, false] || zeros == [false, true, false, true]
    }

    static let utf16Fault = "this is UTF-16 or UTF-32 and not UTF-8; iconv -f UTF-16 -t UTF-8 converts it"
}
