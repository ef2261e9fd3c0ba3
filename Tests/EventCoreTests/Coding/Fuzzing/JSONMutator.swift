/// Damages a document a little: what comes out is often almost JSON, and sometimes JSON.
struct JSONMutator {
    /// Documents to take ranges from.
    var corpus: [[UInt8]]

    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "false", "0", "-0", "01", "1.", ".5", "1e", "1e999",
        "1E+2", "NaN", "{}", "[]", "[[", "]]", "\"\"", "\\u", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\n",
        "\\x", "\n", "\t", " ", "\u{0}", "\u{7F}", "\u{FEFF}", "é", "日", "😀", "\u{2028}", "*", ">", ".", "..", "'",
        "//",
        ",\"subject\":\"a\"", "\"subject\":", ",\"id\":\"x\"", ",\"id\":null", ",\"source\":\"\"",
        ",\"trace_id\":\"t\"",
        ",\"time\":\"2024-02-29T23:59:59.5+01:00\"", ",\"headers\":{\"k\":\"v\",\"k\":\"w\"}", ",\"headers\":{}",
        ",\"payload\":[1,{\"\\ud800\":2}]", ",\"payload\":null", ",\"\\u0073ubject\":\"b\"", ",\"x\":[]", "e\u{301}",
    ].map { Array($0.utf8) }

    private static let bytes: [UInt8] = [0x00, 0x1F, 0x20, 0x7F, 0x80, 0xBF, 0xC0, 0xC2, 0xE2, 0xED, 0xF0, 0xF4, 0xFF]

    /// A document with one to four changes.
    func mutant(using generator: inout SplitMix64) -> [UInt8] {
        var document = generator.pick(corpus)
        for _ in 0...generator.below(4) { change(&document, using: &generator) }
        return document
    }

    private func change(_ document: inout [UInt8], using generator: inout SplitMix64) {
        let place = generator.below(document.count + 1)
        let range = range(in: document, using: &generator)
        switch generator.below(12) {
        case 0:
            if let byte = document.indices.randomElement(using: &generator) {
                document[byte] ^= 1 << generator.below(8)
            }
        case 1:
            if let byte = document.indices.randomElement(using: &generator) {
                document[byte] = .random(in: 0...255, using: &generator)
            }
        case 2: document.insert(generator.pick(Self.bytes), at: place)
        case 3: document.removeSubrange(range)
        case 4: document.insert(contentsOf: document[range], at: place)
        case 5: document.insert(contentsOf: document[range], at: range.lowerBound)
        case 6: document.removeSubrange(place...)
        case 7:
            let other = generator.pick(corpus)
            document.insert(contentsOf: other[self.range(in: other, using: &generator)], at: place)
        case 8: document.replaceSubrange(range, with: generator.pick(Self.tokens))
        case 9: swapMembers(&document, using: &generator)
        default: document.insert(contentsOf: generator.pick(Self.tokens), at: place)
        }
    }

    private func range(in document: [UInt8], using generator: inout SplitMix64) -> Range<Int> {
        let start = generator.below(document.count + 1)
        return start..<min(document.count, start + generator.below(24))
    }

    /// Inserts after a comma or a bracket, where members and elements begin, what follows another one.
    private func swapMembers(_ document: inout [UInt8], using generator: inout SplitMix64) {
        let starts = document.indices.filter { ",{[".utf8.contains(document[$0]) }
        guard let from = starts.randomElement(using: &generator), let to = starts.randomElement(using: &generator)
        else { return }
        let end = starts.first { $0 > from } ?? document.count
        document.insert(contentsOf: document[from..<end], at: to)
    }
}
