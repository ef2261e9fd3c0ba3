import EventCore
import Foundation
import Testing

@testable import EventTransport

@Suite struct EnvelopeWireTests {
    private static let origin = "c8q3t0g1k2l3m4n5o6p7"

    private func encode(_ envelope: Envelope, sequence: UInt64) throws -> [UInt8] {
        let encoder = EnvelopeEncoder(origin: Self.origin)
        return try JSONWriter.with { header in
            try encoder.begin(&header, of: envelope)
            encoder.finish(&header, sequence: sequence, number: 12)
            return header.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
        }
    }

    private func decode(_ subject: String, _ header: [UInt8], _ payload: [UInt8] = []) throws(EventError)
        -> WireEnvelope
    {
        var decoder = EnvelopeDecoder()
        return try decoder.decode(subject: Array(subject.utf8).span, header: header.span) { Data(payload) }
    }

    @Test func `an envelope comes back as it was`() throws {
        var envelope = Envelope(
            subject: "graph.run.r1.start",
            rawPayload: Data([0, 255, 10]),
            source: "worker \"1\" <é>",
            headers: ["run_id": "r1", "": "empty", "é": "\u{2028}\\"]
        )
        (envelope.traceID, envelope.spanID) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        let header = try encode(envelope, sequence: .max)
        let received = try decode("graph.run.r1.start", header, [0, 255, 10])
        #expect(received.envelope == envelope)
        #expect(received.origin == Self.origin)
        #expect(received.sequence == .max)
    }

    @Test func `header names that only look the same are both kept, also when they come again`() throws {
        var envelope = Envelope(subject: "a.b", headers: ["\u{E9}": "1"])
        envelope.setHeader("2", named: "e\u{301}")
        let header = try encode(envelope, sequence: 1)
        var decoder = EnvelopeDecoder()
        for _ in 0..<2 {
            let received = try decoder.decode(subject: Array("a.b".utf8).span, header: header.span) { Data() }
            #expect(received.envelope == envelope)
            #expect(received.envelope.allHeaders.map(\.value) == ["2", "1"])
        }
    }

    @Test func `an origin that only looks like the last one is another`() throws {
        var decoder = EnvelopeDecoder()
        for origin in ["\u{E9}", "e\u{301}"] {
            let header = Array("{\"origin\":\"\(origin)\"}".utf8)
            let received = try decoder.decode(subject: Array("a".utf8).span, header: header.span) { Data() }
            #expect(received.envelope.origin.map { Array($0.utf8) } == Array(origin.utf8))
        }
    }

    @Test func `a malformed header is refused with the envelope's name and the member`() throws {
        let error = try #require(throws: EventError.self) {
            try decode("a.b", Array(#"{"id":"i","headers":{"k":1}}"#.utf8))
        }
        #expect(error == .malformedEnvelope("a.b (i): headers: expected a string at byte 25"))
    }

    @Test func `the header is what the format says`() throws {
        var envelope = Envelope(subject: "a.b")
        (envelope.id, envelope.time) = ("x", Date(timeIntervalSince1970: 0))
        #expect(
            String(decoding: try encode(envelope, sequence: 3), as: UTF8.self)
                == #"{"v":1,"origin":"c8q3t0g1k2l3m4n5o6p7","id":"x","time":"1970-01-01T00:00:00Z","seq":3,"n":12}"#
        )
    }

    @Test(arguments: [
        "{}", " { } ", #"{"v":1}"#, #"{"future":{"a":[1,2,{}]},"seq":1}"#,
        #"{"origin":null,"id":null,"v":null,"seq":null}"#,
    ])
    func `every key may be missing`(_ header: String) throws {
        let received = try decode("a.b", Array(header.utf8))
        #expect(received.envelope.subject == "a.b")
        #expect(received.envelope.id.isEmpty)
        #expect(received.envelope.payload == nil)
        #expect(received.origin == nil)
    }

    @Test func `an origin need not be an id of ours`() throws {
        let received = try decode("a.b", Array(#"{"origin":"caf\u00e9 1","seq":9}"#.utf8))
        #expect(received.origin == "café 1")
    }

    @Test(arguments: [
        "", "[]", "{", "{}x", "nothing", #"{"v":2}"#, #"{"v":"1"}"#, #"{"seq":-1}"#, #"{"seq":1.5}"#, #"{"id":1}"#,
        #"{"seq":18446744073709551616}"#, #"{"origin":7}"#, #"{"time":"yesterday"}"#, #"{"headers":{"a":1}}"#,
        #"{"origin":"\#(String(repeating: "x", count: 100))"}"#, "{\"id\":\"\u{1}\"}",
    ])
    func `a malformed header is refused`(_ header: String) {
        #expect(throws: EventError.self) { try decode("a.b", Array(header.utf8)) }
    }

    @Test func `bytes that are no text are refused`() {
        #expect(throws: EventError.self) { try decode("a.b", [0x7B, 0x22, 0xC3, 0x22, 0x3A, 0x31, 0x7D]) }
        var decoder = EnvelopeDecoder()
        #expect(throws: EventError.self) {
            try decoder.decode(
                subject: ([0x61, 0xC3, 0x28] as [UInt8]).span,
                header: ([0x7B, 0x7D] as [UInt8]).span,
                payload: Data.init
            )
        }
    }

    @Test(arguments: ["", "a..b", "a.*", ">", String(repeating: "a", count: 1025)])
    func `a malformed subject is refused`(_ subject: String) {
        #expect(throws: EventError.self) { try decode(subject, Array("{}".utf8)) }
    }

    @Test func `two frames with an envelope's JSON form are accepted when they agree on the subject`() throws {
        let envelope = Envelope(subject: "a.b", rawPayload: Data("[1]".utf8), headers: ["k": "v"])
        let json = [UInt8](try envelope.jsonData())
        var decoder = EnvelopeDecoder()
        let subject = Array("a.b".utf8)
        #expect(try decoder.decode(subject: subject.span, envelope: json.span).envelope == envelope)
        let other = Array("a.c".utf8)
        #expect(throws: EventError.self) { try decoder.decode(subject: other.span, envelope: json.span) }
    }

    @Test func `random bytes are refused or read, and nothing worse`() throws {
        var random = SystemRandomNumberGenerator()
        let sound = try encode(Envelope(subject: "a.b", source: "s", headers: ["k": "v"]), sequence: 1)
        var decoder = EnvelopeDecoder()
        var refused = 0
        for _ in 0..<10_000 {
            var header = sound
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                header[Int.random(in: 0..<header.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            let subject = (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }
            if (try? decoder.decode(subject: subject.span, header: header.span, payload: Data.init)) == nil {
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
