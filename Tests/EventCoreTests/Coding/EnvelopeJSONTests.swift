import Foundation
import Testing

@testable import EventCore

@Suite struct EnvelopeJSONTests {
    private func envelope(_ change: (inout Envelope.Fields) -> Void = { _ in }) -> Envelope {
        var fields = Envelope.Fields(subject: "a.b")
        fields.id = "i"
        fields.time = Timestamp(seconds: 0, nanoseconds: 0)
        change(&fields)
        return Envelope(fields)
    }

    private func json(_ envelope: Envelope) throws -> String {
        String(decoding: try envelope.jsonData(), as: UTF8.self)
    }

    @Test func `all keys in their order`() throws {
        let envelope = envelope {
            $0.payload = Data("{}".utf8)
            $0.headers = ["k": "v"]
            $0.spanID = "p"
            $0.traceID = "t"
            $0.source = "s"
        }
        #expect(
            try json(envelope) == """
                {"id":"i","subject":"a.b","time":"1970-01-01T00:00:00Z","source":"s","trace_id":"t","span_id":"p",\
                "headers":{"k":"v"},"payload":{}}
                """
        )
    }

    @Test func `the first three keys are always there, the others when they are set`() throws {
        #expect(try json(envelope()) == #"{"id":"i","subject":"a.b","time":"1970-01-01T00:00:00Z"}"#)
        #expect(
            try json(Envelope(Envelope.Fields(subject: "a")))
                == #"{"id":"","subject":"a","time":"0001-01-01T00:00:00Z"}"#
        )
        let empties = envelope { ($0.source, $0.traceID, $0.spanID) = ("", "", "") }
        #expect(try json(empties) == json(envelope()))
    }

    @Test("each of the optional keys alone", arguments: ["source", "trace_id", "span_id"])
    func single(_ key: String) throws {
        let text = #"{"id":"i","subject":"a.b","time":"1970-01-01T00:00:00Z","\#(key)":"x"}"#
        #expect(try json(Envelope(jsonData: Data(text.utf8))) == text)
    }

    @Test func `header names sort by bytes`() throws {
        let names = ["", " ", "A", "Z", "a", "a\u{0}", "a.b", "aa", "cafe\u{301}", "cafx", "é", "\u{FFFD}", "😀"]
        let envelope = envelope { fields in
            for name in names.shuffled() { fields.headers[name] = "" }
        }
        let text = try json(envelope)
        let positions = try names.map { name in
            let member = try JSONEncoder().encode(name)
            let quoted = String(decoding: member, as: UTF8.self) + ":\"\""
            return try #require(Data(text.utf8).firstRange(of: Data(quoted.utf8)), "\(quoted)").lowerBound
        }
        #expect(positions == positions.sorted())
    }

    @Test(
        "the payload is embedded verbatim",
        arguments: [
            "{}", "[]", "0", "-0", "2.50", "1e10", "1E+400", "true", "false", "null", "\"\"", "\"\\/\\u00e9\"",
            "\"<&>\"",
            "{\"b\":1,\"a\":2,\"b\":3}", "[ 1 ,\n\t2 ]", "\"\\ud800\"", "{\"\\ud800\":1}", "\"\u{2028}\"",
            "123456789012345678901234567890", "[[[]]]", "{ \"\" : [ ] }",
        ]
    )
    func verbatim(_ payload: String) throws {
        let envelope = envelope { $0.payload = Data(payload.utf8) }
        let json = try envelope.jsonData()
        #expect(json.suffix(payload.utf8.count + 1) == Data((payload + "}").utf8))
        let decoded = try Envelope(jsonData: json)
        #expect(decoded.payload == Data(payload.utf8))
        #expect(decoded == envelope)
    }

    @Test func `white space around the payload is left out`() throws {
        for payload in [" {} ", "\n{}\n", "\t{}\r\n"] {
            #expect(try json(envelope { $0.payload = Data(payload.utf8) }).hasSuffix("\"payload\":{}}"))
        }
    }

    @Test func `a payload may be a slice of a larger buffer`() throws {
        let buffer = Data("xxx {\"a\":1} yyy".utf8)
        let envelope = envelope { $0.payload = buffer[4..<11] }
        #expect(try json(envelope).hasSuffix("\"payload\":{\"a\":1}}"))
        #expect(try Envelope(jsonData: envelope.jsonData()) == envelope)
    }

    @Test func `an empty payload is none`() throws {
        let empty = envelope { $0.payload = Data() }
        #expect(try json(empty) == json(envelope()))
        #expect(try empty.decode(Int.self) == nil)
        #expect(try JSONDecoder().decode(Envelope.self, from: JSONEncoder().encode(empty)) == envelope())
    }

    @Test(
        "refuses a payload that is not one JSON value",
        arguments: [
            " ", "{", "}", "[1,]", "1 2", "{}{}", "{} x", "x", "tru", "01", "\"", "\"a", "\"\n\"", "{\"a\"}", "'a'",
            "// c\n1", "NaN", "1,", "1}", "{},\"subject\":\"b\"", "\u{FEFF}1", "\u{0}",
        ]
    )
    func refuses(_ payload: String) throws {
        let envelope = envelope { $0.payload = Data(payload.utf8) }
        let error = try #require(throws: EventError.self) { try envelope.jsonData() }
        #expect(error == .malformedEnvelope(error.fault))
        #expect(error.fault.contains("the payload is not JSON"))
    }

    @Test(
        "refuses a payload that is no UTF-8",
        arguments: [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE2, 0x80, 0x22]]
    )
    func refusesBytes(_ payload: [UInt8]) {
        #expect(throws: EventError.self) { try envelope { $0.payload = Data(payload) }.jsonData() }
    }

    @Test(
        "refuses a time that RFC 3339 cannot write",
        arguments: [253_402_300_800, -62_167_219_201, 1 << 50, -1 << 50] as [Int64]
    )
    func refusesTime(_ seconds: Int64) throws {
        let envelope = envelope { $0.time = Timestamp(seconds: seconds, nanoseconds: 0) }
        let error = try #require(throws: EventError.self) { try envelope.jsonData() }
        #expect(error == .malformedEnvelope(error.fault))
    }

    @Test func `the first and the last time of RFC 3339`() throws {
        let first = envelope { $0.time = Timestamp(seconds: -62_167_219_200, nanoseconds: 0) }
        #expect(try json(first).contains(#""time":"0000-01-01T00:00:00Z""#))
        let last = envelope { $0.time = Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999) }
        #expect(try json(last).contains(#""time":"9999-12-31T23:59:59.999999999Z""#))
    }
}
