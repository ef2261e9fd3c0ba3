import Foundation
import Testing

@testable import EventCore

/// Strings that are not strict JSON, wherever they stand: a value, a name, inside the payload, inside what is ignored.
@Suite struct JSONStringRefusalTests {
    /// What stands around the string.
    private static let places = [
        (#"{"subject":"a","id":"#, "}"), (#"{"subject":"#, "}"), (#"{"#, #":1,"subject":"a"}"#),
        (#"{"subject":"a","headers":{"#, #":"x"}}"#), (#"{"subject":"a","headers":{"k":"#, "}}"),
        (#"{"subject":"a","payload":"#, "}"), (#"{"subject":"a","payload":{"#, ":1}}"),
        (#"{"subject":"a","payload":[{"k":["#, "]}]}"), (#"{"subject":"a","x":{"#, ":1}}"),
    ]

    @Test(
        "bad escapes",
        arguments: [
            #""▲\x""#, #""ab▲\'""#, #""▲\U0041""#, #""▲\0""#, #""▲\ ""#, #""▲\u""#, #""▲\u12""#, #""▲\u12G4""#,
            #""▲\u+123""#, #""▲\u-123""#, #""▲\u 123""#, #""▲\u{41}""#, #""▲\u00é""#, #""\n▲\a""#, "\"▲\\\n\"",
            #""▲\é""#, #""\\▲\q""#, "\"▲\\u\u{FF11}234\"",
        ]
    )
    func badEscapes(_ string: String) throws {
        for (before, after) in Self.places { try MarkedJSON(before + string + after, "invalid escape").expectRefusal() }
    }

    @Test("bare control characters", arguments: 0..<0x20 as Range<UInt8>)
    func controls(_ byte: UInt8) throws {
        let control = String(Unicode.Scalar(byte))
        for (before, after) in Self.places {
            try MarkedJSON(before + "\"ab▲\(control)c\"" + after, "control character").expectRefusal()
        }
    }

    @Test func `strings that do not end`() throws {
        for (before, _) in Self.places {
            try MarkedJSON(before + "▲\"ab", "unterminated string").expectRefusal()
            try MarkedJSON(before + "▲\"", "unterminated string").expectRefusal()
            try MarkedJSON(before + #"▲"ab\""#, "unterminated string").expectRefusal()
            try MarkedJSON(before + #""ab▲\"#, "unterminated escape").expectRefusal()
            try MarkedJSON(before + #""ab▲\u12"#, "invalid escape").expectRefusal()
            try MarkedJSON(before + #"▲"ab\u1234"#, "unterminated string").expectRefusal()
        }
    }

    @Test(
        "a surrogate without its pair is no text",
        arguments: [
            #""▲\ud800""#, #""▲\uDBFF""#, #""▲\udc00""#, #""▲\uDFFF""#, #""ab▲\ud800x""#, #""▲\ud800\n""#,
            #""▲\ud800\u0041""#, #""▲\ud800\ud800""#, #""▲\ud800\ud800\udc00""#, #""\ud83d\ude00▲\ude00""#,
            #""▲\ud83d\\ude00""#, #""▲\ude00\ud83d""#,
        ]
    )
    func surrogates(_ string: String) throws {
        for (before, after) in Self.places.prefix(5) {
            try MarkedJSON(before + string + after, "surrogate without its pair").expectRefusal()
        }
    }

    @Test(
        "a surrogate without its pair is JSON where the bytes are kept or ignored",
        arguments: [#""\ud800""#, #""\udc00x""#, #""\ud800\u0041""#]
    )
    func keptSurrogates(_ string: String) throws {
        for (before, after) in Self.places.suffix(4) {
            let envelope = try Envelope(jsonData: Data((before + string + after).utf8))
            #expect(envelope.subject == "a")
            #expect(try Envelope(jsonData: envelope.jsonData()) == envelope)
        }
    }

    @Test(
        "resolves escapes",
        arguments: [
            (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u0041\u00e9\u65E5"#, "Aé日"),
            (#"\ud83d\ude00"#, "😀"), (#"\uD83D\uDE00"#, "😀"), (#"\u0000"#, "\u{0}"), (#"\uFFFF"#, "\u{FFFF}"),
            (#"\ud800\udc00\udbff\udfff"#, "\u{10000}\u{10FFFF}"), (#"\\u0041"#, #"\u0041"#), (#"é\u00e9"#, "éé"),
            (#"\ud7ff\ue000"#, "\u{D7FF}\u{E000}"), ("\u{7F}\u{2028}", "\u{7F}\u{2028}"), ("", ""),
        ]
    )
    func resolves(_ string: String, _ text: String) throws {
        let json = #"{"id":"\#(string)","subject":"a","headers":{"\#(string)":"\#(string)"}}"#
        let envelope = try Envelope(jsonData: Data(json.utf8))
        #expect(envelope.id.utf8.elementsEqual(text.utf8))
        let header = try #require(envelope.headers.first)
        #expect(header.key.utf8.elementsEqual(text.utf8))
        #expect(header.value.utf8.elementsEqual(text.utf8))
    }

    @Test func `names of keys may be escaped`() throws {
        let envelope = try Envelope(jsonData: Data(#"{"\u0073ubject":"a","p\u0061yload":1}"#.utf8))
        #expect(envelope.subject == "a")
        #expect(envelope.payload == Data("1".utf8))
    }
}
