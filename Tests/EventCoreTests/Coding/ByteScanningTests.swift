import Testing

@testable import EventCore

@Suite struct ByteScanningTests {
    /// Every byte, at every place of texts around the eight bytes of one step.
    private func forEachText(_ body: (_ text: [UInt8], _ byte: UInt8, _ place: Int) -> Void) {
        for length in 1...18 {
            for place in 0..<length {
                for byte in UInt8.min ... .max {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    text[place] = byte
                    body(text, byte, place)
                }
            }
        }
    }

    @Test func `plain text ends at a quote, a backslash and a control character`() {
        var faults = 0
        forEachText { text, byte, place in
            let ends = byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            for start in 0...text.count {
                let expected = ends && start <= place ? place : text.count
                if text.span.endOfPlainText(from: start) != expected { faults += 1 }
            }
        }
        #expect(faults == 0)
    }

    @Test func `what may need an escape is found wherever it stands`() {
        var faults = 0
        forEachText { text, byte, place in
            let isSpecial = byte < 0x20 || byte == 0xE2 || "\"&<>\\".utf8.contains(byte)
            for start in 0...text.count {
                let expected = isSpecial && start <= place ? place : text.count
                if text.span.nextToEscape(from: start) != expected { faults += 1 }
            }
        }
        #expect(faults == 0)
    }

    @Test func `the first of several is found`() {
        let text = Array("0123456789\"ab\\c\u{1}\"".utf8)
        #expect(text.span.endOfPlainText(from: 0) == 10)
        #expect(text.span.endOfPlainText(from: 11) == 13)
        #expect(text.span.endOfPlainText(from: 14) == 15)
    }
}
