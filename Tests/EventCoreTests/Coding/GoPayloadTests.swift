import Foundation
import Testing

@testable import EventCore

/// Where the bytes of a payload differ between this codec and Go's.
///
/// Go's bytes are those that its documented algorithm gives: `json.Marshal` writes a `json.RawMessage` through `compact`
/// with HTML escapes, which leaves out white space between tokens, writes `<`, `>`, `&`, U+2028 and U+2029 as `\u003c` and
/// so on, and copies every other byte. They were written down by hand, for there is no Go where these tests run, and
/// ``compacted(_:)`` is that algorithm once more. Ours are what `jsonData()` writes.
@Suite struct GoPayloadTests {
    struct Row: CustomTestStringConvertible {
        var what: String
        /// The payload that a program sets.
        var given: String
        var go: String
        var swift: String

        var testDescription: String { what }
    }

    static let rows = [
        Row(what: "white space", given: #"{ "a" : [1, 2] }"#, go: #"{"a":[1,2]}"#, swift: #"{ "a" : [1, 2] }"#),
        Row(what: "white space around", given: " 1 ", go: "1", swift: "1"),
        Row(what: "HTML", given: #""<b>&""#, go: #""\u003cb\u003e\u0026""#, swift: #""<b>&""#),
        Row(
            what: "line separators",
            given: "\"\u{2028}\u{2029}\"",
            go: #""\u2028\u2029""#,
            swift: "\"\u{2028}\u{2029}\""
        ),
        Row(what: "half a surrogate pair", given: #""\ud800""#, go: #""\ud800""#, swift: #""\ud800""#),
        Row(what: "a key twice", given: #"{"a":1,"a":2}"#, go: #"{"a":1,"a":2}"#, swift: #"{"a":1,"a":2}"#),
        Row(what: "escapes that need not be", given: #""\/\u0041""#, go: #""\/\u0041""#, swift: #""\/\u0041""#),
        Row(what: "digits", given: "[1.0,-0,1e400]", go: "[1.0,-0,1e400]", swift: "[1.0,-0,1e400]"),
    ]

    @Test("each side writes its recorded bytes", arguments: rows)
    func recorded(_ row: Row) throws {
        #expect(Self.compacted(Array(row.given.utf8)) == Array(row.go.utf8))
        var envelope = Envelope(subject: "a", rawPayload: Data(row.given.utf8))
        (envelope.id, envelope.time) = ("i", Date(timeIntervalSince1970: 0))
        let json = #"{"id":"i","subject":"a","time":"1970-01-01T00:00:00Z","payload":\#(row.swift)}"#
        #expect(try envelope.jsonData() == Data(json.utf8))
    }

    @Test("what Go has written is taken as it stands, and written so again", arguments: rows)
    func kept(_ row: Row) throws {
        let json = #"{"id":"i","subject":"a","time":"1970-01-01T00:00:00Z","payload":\#(row.go)}"#
        let envelope = try Envelope(jsonData: Data(json.utf8))
        #expect(envelope.payload == Data(row.go.utf8))
        #expect(try envelope.jsonData() == Data(json.utf8))
    }

    @Test(
        "texts of the envelope itself are escaped as Go does",
        arguments: ["<b>&", "\u{2028}\u{2029}", "\\/\u{1}\u{7F}"]
    )
    func texts(_ text: String) throws {
        let envelope = Envelope(subject: "a", source: text)
        let json = String(decoding: try envelope.jsonData(), as: UTF8.self)
        #expect(!json.contains("<") && !json.contains("\u{2028}"))
        #expect(try Envelope(jsonData: Data(json.utf8)).source == text)
    }

    @Test func `the table of the documentation has these bytes`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/EventCore/EventCore.docc/JSONBesideGo.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        for row in Self.rows {
            let cells = [row.given, row.go, row.swift].map { "`" + Self.shown($0) + "`" }
            let line = "| \(row.what) | \(cells.joined(separator: " | ")) |"
            #expect(lines.contains(Substring(line)), "\(line)")
        }
    }

    /// Separators of lines cannot be seen in a table.
    private static func shown(_ text: String) -> String {
        text.replacingOccurrences(of: "\u{2028}", with: "⟨U+2028⟩").replacingOccurrences(
            of: "\u{2029}",
            with: "⟨U+2029⟩"
        )
    }

    /// What Go's `compact` makes of JSON, with HTML escapes.
    private static func compacted(_ json: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var isInString = false
        var offset = 0
        while offset < json.count {
            let byte = json[offset]
            switch byte {
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                output += "\\u00\(String(byte, radix: 16))".utf8
            case 0xE2 where json[offset...].starts(with: [0xE2, 0x80, 0xA8]),
                0xE2 where json[offset...].starts(with: [0xE2, 0x80, 0xA9]):
                output += "\\u202\(String(json[offset + 2] & 0xF, radix: 16))".utf8
                offset += 2
            case 0x20 where !isInString, 0x09 where !isInString, 0x0A where !isInString, 0x0D where !isInString: break
            case UInt8(ascii: "\\"):
                output += json[offset...(offset + 1)]
                offset += 1
            default:
                if byte == UInt8(ascii: "\"") { isInString.toggle() }
                output.append(byte)
            }
            offset += 1
        }
        return output
    }
}
