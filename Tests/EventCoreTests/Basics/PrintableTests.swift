import Testing

@testable import EventCore

@Suite struct PrintableTests {
    @Test(
        "what ends a line, steers a terminal or turns the direction is escaped",
        arguments: [
            ("\n", "\\n"), ("\r\n", "\\r\\n"), ("\t", "\\t"), ("\u{0}", "\\0"), ("\u{1B}[31m", "\\u{1B}[31m"),
            ("\u{7F}", "\\u{7F}"), ("\u{80}", "\\u{0080}"), ("\u{85}", "\\u{0085}"), ("\u{9B}", "\\u{009B}"),
            ("\u{9F}", "\\u{009F}"), ("\u{61C}", "\\u{061C}"), ("\u{200E}", "\\u{200E}"), ("\u{200F}", "\\u{200F}"),
            ("\u{2028}", "\\u{2028}"), ("\u{2029}", "\\u{2029}"), ("\u{202A}", "\\u{202A}"), ("\u{202E}", "\\u{202E}"),
            ("\u{2066}", "\\u{2066}"), ("\u{2069}", "\\u{2069}"),
        ]
    )
    func escapes(_ text: String, _ expected: String) {
        #expect("a\(text)b".printable == "a\(expected)b")
    }

    @Test(
        "other text stays as it is",
        arguments: [
            "", "a", "\\n", "é", "e\u{301}", "\u{A0}", "\u{AD}", "×", "ب", "\u{200D}", "\u{202F}", "\u{2065}", "😀",
        ]
    )
    func keeps(_ text: String) {
        #expect(text.printable.utf8.elementsEqual(text.utf8))
    }

    @Test func `every character that Unicode calls a control or a bidirectional control is escaped`() {
        for scalar in (0...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) {
            let category = scalar.properties.generalCategory
            let isMeant =
                category == .control || category == .lineSeparator || category == .paragraphSeparator
                || scalar.properties.isBidiControl
            if isMeant == (String(scalar).printable == String(scalar)) { Issue.record("\(scalar.value)") }
        }
    }

    @Test func `bytes hold a control character when their text does`() {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array("ü\(scalar)€".utf8)
            let holdsControl = bytes.span.holdsControl
            #expect(holdsControl == scalar.isControl, "U+\(String(value, radix: 16))")
        }
        for bytes: [UInt8] in [[0xC2], [0xE2], [0xE2, 0x80], [0xD8]] {
            let holdsControl = bytes.span.holdsControl
            #expect(!holdsControl)
        }
    }

    @Test func `an excerpt is short and printable`() {
        #expect("short\n".excerpt == "short\\n")
        #expect(String(repeating: "é", count: 60).excerpt == String(repeating: "é", count: 60))
        #expect(String(repeating: "é", count: 61).excerpt == String(repeating: "é", count: 60) + "…")
    }
}
