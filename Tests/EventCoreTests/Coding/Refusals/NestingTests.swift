import Foundation
import Testing

@testable import EventCore

@Suite struct NestingTests {
    /// How one level is opened and closed.
    enum Level: CaseIterable {
        case array, object, mixed

        var brackets: (open: String, close: String) {
            switch self {
            case .array: ("[", "]")
            case .object: (#"{"k":"#, "}")
            case .mixed: (#"[{"k":"#, "}]")
            }
        }

        func nested(_ depth: Int) -> String {
            let count = self == .mixed ? depth / 2 : depth
            let odd = self == .mixed && depth % 2 == 1
            return (odd ? "[" : "") + String(repeating: brackets.open, count: count) + "0"
                + String(repeating: brackets.close, count: count) + (odd ? "]" : "")
        }
    }

    private let before = #"{"subject":"a","payload":"#

    @Test("512 levels with the envelope's own", arguments: Level.allCases)
    func deepest(_ level: Level) throws {
        let payload = level.nested(511)
        let envelope = try Envelope(jsonData: Data((before + payload + "}").utf8))
        #expect(envelope.payload == Data(payload.utf8))
        #expect(try Envelope(jsonData: envelope.jsonData()) == envelope)
        let ignored = try Envelope(jsonData: Data((#"{"subject":"a","x":"# + payload + "}").utf8))
        #expect(ignored.payload == nil)
    }

    @Test("one more is refused where it opens", arguments: Level.allCases)
    func tooDeep(_ level: Level) throws {
        let payload = level.nested(512)
        for key in ["payload", "x"] {
            let json = Data((#"{"subject":"a","\#(key)":"# + payload + "}").utf8)
            let error = try #require(throws: EventError.self) { try Envelope(jsonData: json) }
            #expect(error == .malformedEnvelope(error.fault))
            #expect(error.fault.contains("nesting deeper than 512"))
            let opening = try #require(
                json.indices.filter { json[$0] == 0x5B || json[$0] == 0x7B }.dropFirst(512).first
            )
            #expect(error.fault.hasSuffix(" at byte \(opening)"))
        }
        let envelope = Envelope(subject: "a", rawPayload: Data(payload.utf8))
        let error = try #require(throws: EventError.self) { try envelope.jsonData() }
        #expect(error.fault.contains("nesting deeper than 512"))
    }

    @Test("a million levels are refused too, closed or not", arguments: Level.allCases)
    func million(_ level: Level) throws {
        let payload = level.nested(1_000_000)
        for text in [before + payload + "}", before + payload.prefix(500_000), payload] {
            #expect(throws: EventError.self) { try Envelope(jsonData: Data(text.utf8)) }
        }
        let envelope = Envelope(subject: "a", rawPayload: Data(payload.utf8))
        #expect(throws: EventError.self) { try envelope.jsonData() }
        #expect(throws: EventError.self) { try envelope.decode([Int].self) }
        #expect(throws: (any Error).self) { try JSONEncoder().encode(envelope) }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(Envelope.self, from: Data((before + payload + "}").utf8))
        }
    }

    @Test func `siblings are no nesting`() throws {
        let payload = "[" + String(repeating: "[[]],{},{\"a\":{}},", count: 2000) + "[]]"
        let envelope = try Envelope(jsonData: Data((before + payload + "}").utf8))
        #expect(envelope.payload == Data(payload.utf8))
    }

    @Test func `several deep values in a row`() throws {
        let deep = Level.mixed.nested(511)
        let text = #"{"x":\#(deep),"payload":\#(deep),"headers":{"k":"v"},"y":\#(deep),"subject":"a"}"#
        #expect(try Envelope(jsonData: Data(text.utf8)).payload == Data(deep.utf8))
    }
}
