import Testing

@testable import EventCore

@Suite struct UTF8RefusalTests {
    /// Ill-formed sequences, each with the length of the well-formed text that stands before its fault.
    private static let illFormed: [([UInt8], Int)] = [
        ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFE], 0),
        ([0xFF], 0), ([0xC3], 0), ([0xC3, 0x28], 0), ([0xC3, 0xC3], 0), ([0xE0, 0x80, 0x80], 0),
        ([0xE0, 0x9F, 0xBF], 0),
        ([0xE2, 0x80], 0), ([0xE2, 0x28, 0xA8], 0), ([0xE2, 0x80, 0x28], 0), ([0xED, 0xA0, 0x80], 0),
        ([0xED, 0xBF, 0xBF], 0), ([0xF0, 0x80, 0x80, 0x80], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0), ([0xF0, 0x9F, 0x98], 0),
        ([0xF0, 0x9F], 0), ([0xF0, 0x28, 0x98, 0x80], 0), ([0xF0, 0x9F, 0x98, 0x28], 0), ([0xF4, 0x90, 0x80, 0x80], 0),
        ([0xC3, 0xA9, 0xA9], 2), ([0xE6, 0x97, 0xA5, 0xE6], 3), ([0xF0, 0x9F, 0x98, 0x80, 0x80], 4),
        ([0xF8, 0x88, 0x80, 0x80, 0x80], 0), ([0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], 0),
    ]

    @Test("ill-formed UTF-8 is refused wherever it stands", arguments: illFormed)
    func refuses(_ bytes: [UInt8], _ good: Int) throws {
        let places = [
            (#"{"subject":""#, #""}"#), (#"{"subject":"a","payload":["#, "]}"), (#"{"subject":"a","x":{""#, #"":1}}"#),
            ("", "{}"), (#"{"subject":"a"}"#, ""), (#"{"subject":"a","payload":"12345678901234567890"#, #""}"#),
        ]
        for (before, after) in places {
            let json = MarkedJSON(before.utf8 + bytes.prefix(good), bytes.dropFirst(good) + after.utf8, "invalid UTF-8")
            try json.expectRefusal()
        }
    }

    @Test("the fault is found at every distance from the start", arguments: 0...20)
    func distances(_ distance: Int) {
        let bytes = [UInt8](repeating: 0x61, count: distance) + [0xFF] + [UInt8](repeating: 0x61, count: 20)
        #expect(UTF8Validation.firstFault(in: bytes.span) == distance)
        let truncated = [UInt8](repeating: 0x61, count: distance) + [0xF0, 0x9F, 0x98]
        #expect(UTF8Validation.firstFault(in: truncated.span) == distance)
    }

    @Test(
        "well-formed text passes",
        arguments: [
            "", "a", "é", "\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}",
            "12345678é12345678日1234567😀",
            "\u{0}\u{FEFF}\u{FFFD}",
        ]
    )
    func passes(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(UTF8Validation.firstFault(in: bytes.span) == nil)
    }

    @Test("agrees with the standard library on random bytes", arguments: 0..<10)
    func random(_ round: Int) {
        // Bytes at the limits of table 3-7 of The Unicode Standard, which random ones seldom meet.
        let limits: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 1...5)).compactMap { _ in limits.randomElement() }
            let valid = String(validating: bytes, as: UTF8.self) != nil
            #expect((UTF8Validation.firstFault(in: bytes.span) == nil) == valid, "\(bytes)")
        }
    }
}
