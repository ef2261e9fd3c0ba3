import EventCore
import Foundation
import Testing

@testable import eventbus

@Suite struct DeliveryFormatterTests {
    private static let start = #"{"id":"i1","subject":"graph.start","time":"2026-04-27T10:11:12.123456789Z""#

    private func line(
        _ json: String,
        _ format: DeliveryFormat,
        pattern: Pattern = ">",
        width: Int = 0
    ) throws -> String {
        var line: [UInt8] = []
        let formatter = try DeliveryFormatter(pattern: pattern, width: width, format: format)
        try formatter.write(Envelope(jsonData: Data(json.utf8)), to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func `text shows pattern, time, subject, headers by key, and the payload as it came`() throws {
        let json = Self.start + #","headers":{"run_id":"r1","node_id":"n 1"},"payload":{"n":2.50,"s":"ü"}}"#
        #expect(
            try line(json, .text, pattern: "graph.>", width: 9) == #"""
                graph.>    2026-04-27T10:11:12.123456789Z  graph.start  node_id=n 1 run_id=r1  {"n":2.50,"s":"ü"}

                """#
        )
    }

    @Test func `text leaves out what an envelope does not have`() throws {
        #expect(try line(Self.start + "}", .text) == ">  2026-04-27T10:11:12.123456789Z  graph.start\n")
    }

    @Test func `control characters leave a line of text in one piece`() throws {
        let json = #"{"id":"i","subject":"a\n\u001b[2J","time":"2026-04-27T10:11:12Z","headers":{"k\r":"\u007f"}}"#
        let pattern = try Pattern(validating: "a\nb.>")
        #expect(
            try line(json, .text, pattern: pattern)
                == #"a\nb.>  2026-04-27T10:11:12Z  a\n\u{1B}[2J  k\r=\u{7F}"# + "\n"
        )
    }

    @Test func `white space inside a payload leaves a line of text in one piece`() throws {
        let json = Self.start + ",\"payload\":[1,\r\n\t2]}"
        #expect(try line(json, .text) == #">  2026-04-27T10:11:12.123456789Z  graph.start  [1,\r\n\t2]"# + "\n")
    }

    @Test func `json embeds the envelope's own JSON`() throws {
        let json = Self.start + #","payload":{"n":2.50,"s":"\/"}}"#
        let pattern = try Pattern(validating: #"a"\b"#)
        #expect(try line(json, .json, pattern: pattern) == #"{"pattern":"a\"\\b",\#(json.dropFirst())"# + "\n")
    }

    @Test(
        "JSON of several lines comes on one, with what would break it escaped",
        arguments: [
            ("{\n  \"a\" : [1,\r\n\t2],\n \"b c\": \" \\\" \\\\\" }", #"{"a":[1,2],"b c":" \" \\"}"#),
            ("\"\u{2028}\u{85}\u{202E}\u{7F}€ü\"", #""\u2028\u0085\u202e\u007f€ü""#), ("[1,\t 2]", "[1,\t 2]"),
        ]
    )
    func putsOnOneLine(_ payload: String, _ printed: String) throws {
        let line = try line(Self.start + ",\"payload\":\(payload)}", .json)
        #expect(line == #"{"pattern":">",\#(Self.start.dropFirst()),"payload":"# + printed + "}\n")
    }

    @Test func `separators, marks of direction and bytes that are no text stay visible and in their line`() throws {
        let envelope = Envelope(
            subject: try Subject(validating: "a\u{85}b"),
            rawPayload: Data(Array("\u{2029}\u{2066}".utf8) + [0x9B, 0x41])
        )
        var line: [UInt8] = []
        try DeliveryFormatter(format: .text).write(envelope, to: &line)
        #expect(String(decoding: line, as: UTF8.self).hasSuffix(#"Z  a\u{0085}b  \u{2029}\u{2066}"# + "\u{FFFD}A\n"))
    }

    @Test func `a payload that is no JSON cannot be printed as JSON`() throws {
        let envelope = Envelope(subject: "a", rawPayload: Data("no".utf8))
        let formatter = try DeliveryFormatter(pattern: ">", width: 1, format: .json)
        var line: [UInt8] = []
        #expect(throws: EventError.self) { try formatter.write(envelope, to: &line) }
    }
}
