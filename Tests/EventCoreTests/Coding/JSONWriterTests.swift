import EventCore
import Testing

@Suite struct JSONWriterTests {
    private func written(_ text: String) -> String {
        JSONWriter.with { writer in
            writer.string(text)
            return writer.withBytes { $0.text(in: 0..<$0.count) }
        }
    }

    @Test(
        "escapes as Go does",
        arguments: [
            ("", #""#), ("\"", #"\""#), ("\\", #"\\"#), ("/", "/"), ("'", "'"),
            ("<b>&</b>", #"\u003cb\u003e\u0026\u003c/b\u003e"#),
            ("\u{8}\t\n\u{C}\r", #"\b\t\n\f\r"#), ("\u{0}\u{1}\u{B}\u{1F}", #"\u0000\u0001\u000b\u001f"#),
            ("\u{7F}\u{80}\u{A0}", "\u{7F}\u{80}\u{A0}"), ("\u{2028}\u{2029}", #"\u2028\u2029"#),
            ("a\u{2028}b", #"a\u2028b"#), ("\u{2027}\u{202A}", "\u{2027}\u{202A}"), ("€", "€"),
            ("\u{2068}", "\u{2068}"),
            ("\u{20A8}", "\u{20A8}"), ("日本 é 😀", "日本 é 😀"),
            ("\u{FEFF}\u{FFFF}\u{10FFFF}", "\u{FEFF}\u{FFFF}\u{10FFFF}"),
            ("plain text 0123", "plain text 0123"), (#"\u0041"#, #"\\u0041"#),
        ]
    )
    func escapes(_ text: String, _ expected: String) {
        #expect(written(text).utf8.elementsEqual("\"\(expected)\"".utf8))
    }

    @Test("every control character is escaped", arguments: 0..<0x20 as Range<UInt8>)
    func controls(_ byte: UInt8) {
        let text = written(String(Unicode.Scalar(byte)))
        #expect(text.utf8.allSatisfy { $0 >= 0x20 })
        #expect(text.hasPrefix("\"\\"))
    }

    /// Texts are copied by words of eight bytes that may overlap, so a byte may stand anywhere in one.
    @Test(
        "a byte is seen at every place of a text of any length",
        arguments: ["\"", "\\", "<", "&", "\u{1F}", "é", "\u{7F}"]
    )
    func everywhere(_ character: Character) {
        let single = written(String(character)).dropFirst().dropLast()
        for length in 0..<40 {
            for place in 0...length {
                let (before, after) = (
                    String(repeating: "a", count: place), String(repeating: "z", count: length - place)
                )
                #expect(written(before + String(character) + after) == "\"" + before + single + after + "\"")
            }
        }
    }
}
