import Testing

@testable import eventbus

@Suite struct LineSplitterTests {
    static let inputs = [
        "", "\n", "\r\n", "a", "a\n", "a\r\n", "a\nb", "\n\na\n\n", "\r\ra\r\r\nb\r", "ab\n\ncd\r\nefgh",
        "long line\nshort\nanother long line\r\nab", "abcdef\nabcde\nabcde\r\nabcdef", "ü\n\u{0}\n日本",
    ]

    /// What the input means, by splitting it whole.
    private func lines(of input: String, maximumLength: Int) -> [Line] {
        var pieces = Array(input.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if pieces.last?.isEmpty == true { pieces.removeLast() }
        return pieces.enumerated().map { index, piece in
            let text = piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece
            return Line(
                number: index + 1,
                content: piece.count > maximumLength ? .tooLong(byteCount: piece.count) : .bytes(text)
            )
        }
    }

    private func lines(of chunks: [ArraySlice<UInt8>], maximumLength: Int) -> [Line] {
        var splitter = LineSplitter(maximumLength: maximumLength)
        var lines: [Line] = []
        for chunk in chunks {
            splitter.append(Array(chunk))
            while let line = splitter.next() { lines.append(line) }
        }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    @Test(arguments: inputs, [1, 5, 100])
    func `however the input is cut in three, the lines are the same`(input: String, maximumLength: Int) {
        let bytes = Array(input.utf8)
        let expected = lines(of: input, maximumLength: maximumLength)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let chunks = [bytes[..<first], bytes[first..<second], bytes[second...]]
                #expect(lines(of: chunks, maximumLength: maximumLength) == expected, "cut at \(first) and \(second)")
            }
        }
    }

    @Test(arguments: inputs, [1, 5, 100])
    func `byte by byte, the lines are the same`(input: String, maximumLength: Int) {
        let bytes = Array(input.utf8)
        let chunks = bytes.indices.map { bytes[$0...$0] }
        #expect(lines(of: chunks, maximumLength: maximumLength) == lines(of: input, maximumLength: maximumLength))
    }

    @Test(arguments: ["", "a", "a\nb\n", "\r\n\u{FEFF}a"])
    func `a mark of UTF-8 belongs to no line, however it is cut`(input: String) {
        let bytes = Array("\u{FEFF}\(input)".utf8)
        for cut in 0...bytes.count {
            let marked = lines(of: [bytes[..<cut], bytes[cut...]], maximumLength: 100)
            let expected = input.isEmpty ? [Line(number: 1, content: .bytes([]))] : lines(of: input, maximumLength: 100)
            #expect(marked == expected)
        }
    }

    @Test func `nothing comes after the last line`() {
        var splitter = LineSplitter()
        splitter.append(Array("a".utf8))
        #expect(splitter.next() == nil)
        #expect(splitter.finish() == Line(number: 1, content: .bytes([UInt8(ascii: "a")])))
        #expect(splitter.finish() == nil)
        #expect(splitter.next() == nil)
    }
}
