import Testing

@testable import eventbus

@Suite struct PrintableTests {
    @Test(
        "is escaped",
        arguments: [
            0x0, 0xA, 0x1B, 0x7F, 0x80, 0x85, 0x9F, 0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066,
            0x2069,
        ]
    )
    func escapes(_ value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let text = "a\(scalar)b".printable
        #expect(text.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F })
        #expect(text.hasPrefix("a\\") && text.hasSuffix("b"))
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

    @Test(arguments: ["", "plain", "ü€日本", "👩‍👩‍👧", "\u{A0}", "e\u{301}", "\u{200D}\u{2070}\u{2027}"])
    func `what can be seen stays as it is`(text: String) {
        #expect(text.printable.utf8.elementsEqual(text.utf8))
    }
}
