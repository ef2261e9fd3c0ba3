import Foundation
import Testing

@testable import EventCore

/// Strict JSON that is no envelope, and what is one though it looks odd.
@Suite struct EnvelopeRefusalTests {
    @Test(
        "without a subject",
        arguments: [
            MarkedJSON("{}▲", "missing subject"),
            MarkedJSON(#"{"id":"i","payload":{"subject":"a"}}▲"#, "missing subject"),
            MarkedJSON(#"{"Subject":"a"}▲"#, "missing subject"), MarkedJSON(#"{"subject":▲null}"#, "expected a string"),
            MarkedJSON(#"{"subject":▲5}"#, "expected a string"), MarkedJSON(#"{"subject":▲true}"#, "expected a string"),
            MarkedJSON(#"{"subject": ▲["a"]}"#, "expected a string"),
            MarkedJSON(#"{"subject":▲{}}"#, "expected a string"),
        ]
    )
    func missing(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }

    @Test(
        "with text that is no subject",
        arguments: [
            ("", "empty"), ("a..b", "empty segment at index 1"), (".a", "leading or trailing dot"),
            ("*", "wildcard '*'"),
            ("a.>", "wildcard '>' at segment 1"), (#"\u002a"#, "wildcard '*' at segment 0"),
            (#"a\u002e"#, "leading or trailing dot"), (String(repeating: "a", count: 1025), "exceeds 1024 bytes"),
        ]
    )
    func subjects(_ text: String, _ fault: String) throws {
        try MarkedJSON(#"{"id":"i","subject": ▲"\#(text)" ,"x":1}"#, fault).expectRefusal()
    }

    @Test("texts of the wrong type", arguments: ["id", "time", "source", "trace_id", "span_id"])
    func texts(_ key: String) throws {
        for value in ["5", "true", "[]", "{}", "[\"x\"]"] {
            try MarkedJSON(#"{"subject":"a","\#(key)":▲\#(value)}"#, "expected a string").expectRefusal()
            try MarkedJSON(#"{"\#(key)": ▲\#(value),"subject":"a"}"#, "expected a string").expectRefusal()
        }
    }

    @Test(
        "headers of the wrong type",
        arguments: [
            MarkedJSON(#"{"subject":"a","headers":▲[]}"#, "expected an object"),
            MarkedJSON(#"{"subject":"a","headers":▲"x"}"#, "expected an object"),
            MarkedJSON(#"{"subject":"a","headers":▲1}"#, "expected an object"),
            MarkedJSON(#"{"subject":"a","headers":▲false}"#, "expected an object"),
            MarkedJSON(#"{"subject":"a","headers":{"k":▲1}}"#, "expected a string"),
            MarkedJSON(#"{"subject":"a","headers":{"k":▲null}}"#, "expected a string"),
            MarkedJSON(#"{"subject":"a","headers":{"k":"v","l":▲{}}}"#, "expected a string"),
            MarkedJSON(#"{"subject":"a","headers":{"k":"v",▲}}"#, "expected a member name"),
        ]
    )
    func headers(_ json: MarkedJSON) throws {
        try json.expectRefusal()
    }

    @Test("text that is no time", arguments: ["", "now", "2026-04-27", "2026-04-27T10:11:12", "1777284672"])
    func times(_ text: String) throws {
        try MarkedJSON(#"{"subject":"a","time": ▲"\#(text)" }"#, "time").expectRefusal()
    }

    @Test func `an earlier key of the wrong type is refused although a later one is right`() throws {
        try MarkedJSON(#"{"id":▲5,"id":"i","subject":"a"}"#, "expected a string").expectRefusal()
        try MarkedJSON(#"{"subject":▲"a..b","subject":"a"}"#, "empty segment").expectRefusal()
    }

    @Test("missing and null keys are not set", arguments: ["id", "time", "source", "trace_id", "span_id", "headers"])
    func unset(_ key: String) throws {
        let missing = try Envelope(jsonData: Data(#"{"subject":"a"}"#.utf8))
        let null = try Envelope(jsonData: Data(#"{"subject":"a","\#(key)": null}"#.utf8))
        #expect(missing == null)
        #expect(missing.id.isEmpty && missing.time == .distantPast && missing.headers.isEmpty)
        #expect(missing.source == nil && missing.traceID == nil && missing.spanID == nil && missing.payload == nil)
    }

    @Test("what is written empty is not set, as encoding leaves it out", arguments: ["source", "trace_id", "span_id"])
    func empty(_ key: String) throws {
        let envelope = try Envelope(jsonData: Data(#"{"subject":"a","\#(key)":"","headers":{}}"#.utf8))
        #expect(envelope == (try Envelope(jsonData: Data(#"{"subject":"a"}"#.utf8))))
        #expect(try Envelope(jsonData: envelope.jsonData()) == envelope)
    }

    @Test func `the last of equal keys counts`() throws {
        let text = """
            {"subject":"a","id":"1","headers":{"k":"1","x":"1"},"payload":1,"source":"s","subject":"b","id":"2",\
            "headers":{"k":"1","k":"2"},"payload":[2],"source":null}
            """
        let envelope = try Envelope(jsonData: Data(text.utf8))
        #expect(envelope.subject == "b")
        #expect(envelope.id == "2")
        #expect(envelope.headers == ["k": "2"])
        #expect(envelope.payload == Data("[2]".utf8))
        #expect(envelope.source == nil)
    }

    @Test func `unknown keys, white space and order do not matter`() throws {
        let text =
            "\r\n\t {\"x\": [{\"subject\":\"no\"}, \"\\ud800\", 1e999] ,\n\"payload\" : {} , \"\":null,\"Id\":5,\"subject\"\t:\"a\" } \n"
        let envelope = try Envelope(jsonData: Data(text.utf8))
        #expect(envelope == (try Envelope(jsonData: Data(#"{"subject":"a","payload":{}}"#.utf8))))
    }
}
