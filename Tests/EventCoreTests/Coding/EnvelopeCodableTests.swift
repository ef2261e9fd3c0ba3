import Foundation
import Testing

@testable import EventCore

/// Envelopes inside other documents.
@Suite struct EnvelopeCodableTests {
    private struct Document: Codable, Equatable {
        var note: String
        var envelope: Envelope
        var more: [Envelope]
        var none: Envelope?
    }

    private func envelope(_ payload: String?) -> Envelope {
        var fields = Envelope.Fields(subject: "a.b")
        fields.id = "i"
        fields.time = Timestamp(seconds: 1_777_284_672, nanoseconds: 123_456_789)
        (fields.source, fields.traceID, fields.spanID) = ("s", "t", "p")
        fields.headers = ["k": "v", "": "é"]
        fields.payload = payload.map { Data($0.utf8) }
        return Envelope(fields)
    }

    private func coded(_ envelope: Envelope) throws -> Envelope {
        try JSONDecoder().decode(Envelope.self, from: JSONEncoder().encode(envelope))
    }

    @Test func `survives inside a document, the time to the nanosecond`() throws {
        let envelope = envelope(#"{"a":[1,"x",null,true]}"#)
        let bare = Envelope(Envelope.Fields(subject: "x"))
        let document = Document(note: "n", envelope: envelope, more: [bare, envelope])
        let json = try JSONEncoder().encode(document)
        #expect(try JSONDecoder().decode(Document.self, from: json) == document)
    }

    @Test("the keys are those of the JSON form, but for the payload", arguments: 1...11)
    func golden(_ number: Int) throws {
        let envelope = try Envelope(jsonData: GoldenEnvelopes.line(number))
        let json = try JSONEncoder().encode(envelope)
        #expect(try JSONDecoder().decode(Envelope.self, from: json) == envelope)
        var members = try #require(value(of: json) as? [String: NSObject])
        let text = members.removeValue(forKey: "payload_json") as? String
        #expect(text.map { Data($0.utf8) } == envelope.payload)
        var expected = envelope
        expected.payload = nil
        #expect(try members == value(of: expected.jsonData()) as? [String: NSObject])
    }

    @Test("the form of earlier versions, and of others, is read", arguments: 1...11)
    func earlier(_ number: Int) throws {
        let line = try GoldenEnvelopes.line(number)
        let envelope = try JSONDecoder().decode(Envelope.self, from: line)
        var expected = try Envelope(jsonData: line)
        #expect(envelope.payload.map(value(of:)) == expected.payload.map(value(of:)))
        expected.payload = envelope.payload
        #expect(envelope == expected)
    }

    @Test(
        "digits of the earlier form are kept as far as a Decimal or a Double goes",
        arguments: [
            "9007199254740993", "-9007199254740993", "18446744073709551615", "123456789012345678901234567890",
            "0.1234567890123456789", "null", "0.1", "[1,2]", "\"12\"", "{\"a\":[true,1.5]}",
        ]
    )
    func earlierDigits(_ payload: String) throws {
        let json = Data("{\"subject\":\"a\",\"payload\":\(payload)}".utf8)
        #expect(try JSONDecoder().decode(Envelope.self, from: json).payload == Data(payload.utf8))
    }

    @Test(
        "the payload keeps its bytes",
        arguments: [
            "null", "true", "0", "-0", "1.0", "2.50", "-2.5e-7", "1E5", "1e400", "0.1", "12345678901234567890",
            "123456789012345678901234567890", "0.1234567890123456789", "\"\"", "\"é\\n\\u0000😀\\/\"", "\"e\u{301}\"",
            "[[],{},null]", "{\"b\":1,\"a\":2,\"b\":3}", " { \"a\" :\t1 } \r\n", "\"\\ud800\"", "\"true\"", "\"1\"",
        ]
    )
    func payloads(_ payload: String) throws {
        let envelope = envelope(payload)
        #expect(try coded(envelope) == envelope)
        for format in [PropertyListSerialization.PropertyListFormat.binary, .xml] {
            let encoder = PropertyListEncoder()
            encoder.outputFormat = format
            #expect(try PropertyListDecoder().decode(Envelope.self, from: encoder.encode(envelope)) == envelope)
        }
    }

    @Test func `headers that a dictionary cannot hold both are kept`() throws {
        var envelope = envelope("1")
        envelope.setHeader("one", named: "\u{E9}")
        envelope.setHeader("two", named: "e\u{301}")
        #expect(try coded(envelope).allHeaders.count == 4)
        #expect(try coded(envelope) == envelope)
        let odd = Data(#"{"subject":"a","more_headers":["k"]}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Envelope.self, from: odd) }
    }

    @Test func `no payload stays none, null stays null`() throws {
        #expect(try coded(envelope(nil)).payload == nil)
        #expect(try coded(envelope("null")).payload == Data("null".utf8))
        #expect(!String(decoding: try JSONEncoder().encode(envelope(nil)), as: UTF8.self).contains("payload"))
    }

    @Test func `missing and null keys are not set`() throws {
        let json = #"{"subject":"a","id":null,"time":null,"source":null,"trace_id":null,"headers":null}"#
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(json.utf8))
        #expect(envelope == Envelope(Envelope.Fields(subject: "a")))
    }

    @Test(
        "a payload that is not JSON cannot be encoded",
        arguments: [" ", "{", "1 2", "tru", "{\"a\":}", "[1,]", "\u{FEFF}1", "1\u{0}"]
    )
    func refusesPayload(_ payload: String) throws {
        let error = try #require(throws: EncodingError.self) { try JSONEncoder().encode(envelope(payload)) }
        guard case .invalidValue = error else {
            Issue.record("unexpected \(error)")
            return
        }
    }

    @Test func `a time outside RFC 3339 cannot be encoded`() throws {
        var envelope = envelope(nil)
        envelope.time = Date(timeIntervalSince1970: 1e13)
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(envelope) }
    }

    @Test(
        "malformed envelopes are refused with the key that is wrong",
        arguments: [
            (#"{"subject":"a..b"}"#, "subject"), (#"{"subject":5}"#, "subject"), (#"{"subject":"a","id":5}"#, "id"),
            (#"{"subject":"a","time":"now"}"#, "time"), (#"{"subject":"a","time":5}"#, "time"),
            (#"{"subject":"a","headers":[]}"#, "headers"), (#"{"subject":"a","source":{}}"#, "source"),
            (#"{"subject":"a","trace_id":1}"#, "trace_id"), (#"{"subject":"a","span_id":1}"#, "span_id"),
            (#"{"id":"i"}"#, ""), (#"{"subject":null}"#, "subject"), (#"[]"#, ""), (#""x""#, ""),
        ]
    )
    func refuses(_ json: String, _ key: String) throws {
        let error = try #require(throws: DecodingError.self) {
            try JSONDecoder().decode(Envelope.self, from: Data(json.utf8))
        }
        let context: DecodingError.Context
        switch error {
        case .dataCorrupted(let found), .keyNotFound(_, let found), .typeMismatch(_, let found),
            .valueNotFound(_, let found):
            context = found
        @unknown default: throw error
        }
        #expect((context.codingPath.first?.stringValue ?? "") == key)
    }

    private func value(of json: Data) -> NSObject? {
        (try? JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)) as? NSObject
    }
}
