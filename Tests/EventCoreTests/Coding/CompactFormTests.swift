import Foundation
import Testing

@testable import EventCore

@Suite struct CompactFormTests {
    private static let origin = "c8q3t0g1k2l3m4n5o6o0"

    private func origin() throws -> EventIdentifier {
        let id = EventIdentifier(Array(Self.origin.utf8).span)
        return try #require(id)
    }

    private func frame(
        _ envelopes: [Envelope],
        number: UInt64 = 7,
        origin: EventIdentifier? = nil,
        hasPayload: Bool = true
    ) throws -> [UInt8] {
        try CompactWriter.with { writer throws(EventError) in
            writer.begin(envelopes[0].subject)
            for envelope in envelopes {
                let count = hasPayload ? envelope.payloadCount : 0
                try writer.fields(of: envelope, number: number, origin: origin, payloadCount: count)
                if hasPayload { writer.payload(Array(envelope.payload ?? Data()).span) }
            }
            return writer.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
        }
    }

    private func decode(
        _ frame: [UInt8],
        with decoder: inout CompactDecoder,
        from sender: String? = nil,
        payload: Data? = nil
    ) throws(EventError) -> [CompactDecoder.Received] {
        var received: [CompactDecoder.Received] = []
        let further = payload.map { data in { data } }
        try decoder.decode(frame.span, from: { sender }, payload: further) { received.append($0) }
        return received
    }

    private func decode(_ frame: [UInt8]) throws(EventError) -> [CompactDecoder.Received] {
        var decoder = CompactDecoder()
        return try decode(frame, with: &decoder)
    }

    private static var sample: Envelope {
        var envelope = Envelope(
            subject: "graph.run.r1.start",
            rawPayload: Data([0, 255, 10]),
            source: "worker \"1\" <é>",
            headers: ["run_id": "r1", "": "empty", "é": "\u{2028}\\"]
        )
        (envelope.traceID, envelope.spanID) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        return envelope
    }

    // MARK: Round trips

    @Test func `an envelope comes back as it was`() throws {
        let sample = Self.sample
        let received = try decode(try frame([sample], number: .max, origin: origin()))
        #expect(received.map(\.envelope) == [sample])
        #expect(received[0].origin == Self.origin && received[0].namesOrigin && received[0].number == .max)
        #expect(received[0].envelope.origin == Self.origin)
    }

    @Test func `random envelopes come back as they were, whatever was read before`() throws {
        var random = SystemRandomNumberGenerator()
        var decoder = CompactDecoder()
        for number in 0..<3000 {
            let envelope = Envelope.random(&random)
            let origin = Bool.random(using: &random) ? try origin() : nil
            let frame = try frame([envelope], number: UInt64(number), origin: origin)
            let received = try decode(frame, with: &decoder, from: "sender")
            #expect(received.map(\.envelope) == [envelope])
            #expect(received.first?.number == UInt64(number))
            #expect(received.first?.origin == (received.first?.namesOrigin == true ? Self.origin : "sender"))
        }
    }

    @Test func `header names that only look the same are both kept, also when they come again`() throws {
        var envelope = Envelope(subject: "a.b", headers: ["\u{E9}": "1"])
        envelope.setHeader("2", named: "e\u{301}")
        let frame = try frame([envelope])
        var decoder = CompactDecoder()
        for _ in 0..<2 {
            let received = try decode(frame, with: &decoder)
            #expect(received.map(\.envelope) == [envelope])
            #expect(received[0].envelope.allHeaders.map(\.value) == ["2", "1"])
        }
    }

    @Test(arguments: [
        Timestamp.unset, Timestamp(seconds: -62_167_219_200, nanoseconds: 0),
        Timestamp(seconds: 253_402_300_799, nanoseconds: 999_999_999), Timestamp(seconds: -1, nanoseconds: 1),
        Timestamp(seconds: -9_223_372_036, nanoseconds: 0), Timestamp(seconds: 9_223_372_035, nanoseconds: 999_999_999),
        Timestamp(seconds: 9_223_372_036, nanoseconds: 0), Timestamp(seconds: -9_223_372_037, nanoseconds: 5),
    ])
    func `times come back to the nanosecond`(_ time: Timestamp) throws {
        var fields = Envelope(subject: "a").fields
        fields.time = time
        let received = try decode(try frame([Envelope(fields)]))
        #expect(received.map(\.envelope.fields.time) == [time])
    }

    @Test func `a time without a text form is refused, as in other forms`() {
        var envelope = Envelope(subject: "a")
        envelope.time = Date(timeIntervalSince1970: 1e12)
        #expect(throws: EventError.self) { try frame([envelope]) }
    }

    @Test func `several envelopes of a subject share a frame`() throws {
        let envelopes = (0..<5).map { Envelope(subject: "a.b", rawPayload: Data([UInt8($0)]), source: "s\($0 / 2)") }
        #expect(try decode(try frame(envelopes)).map(\.envelope) == envelopes)
    }

    @Test func `no more envelopes share a frame than it may have`() throws {
        let most = CompactForm.greatestEnvelopeCount
        let begin: [UInt8] = [0xFE] + Array("a".utf8) + [0xFF]
        let empty: [UInt8] = [CompactForm.Field.payload, 0]
        #expect(try decode(begin + [[UInt8]](repeating: empty, count: most).joined()).count == most)
        let error = try #require(throws: EventError.self) {
            try decode(begin + [[UInt8]](repeating: empty, count: most + 1).joined())
        }
        #expect("\(error)".contains("more than 1024 envelopes"))
    }

    @Test(.timeLimit(.minutes(1))) func `headers with other fields between them take no longer than headers in a row`()
        throws
    {
        // 200 KB, which took minutes when all headers were put together anew for each of them.
        let count = 20_000
        var frame: [UInt8] = [0xFE] + Array("a".utf8) + [0xFF]
        for number in 0..<count {
            let name = Array(String(number + 100_000).utf8)
            frame +=
                [CompactForm.Field.header, UInt8(name.count + 2), UInt8(name.count)] + name + [
                    UInt8(ascii: "v"), 77, 0,
                ]
        }
        let envelope = try #require(try decode(frame + [CompactForm.Field.payload, 0]).first?.envelope)
        #expect(envelope.headers.count == count)
        #expect(envelope.headers["100000"] == "v" && envelope.headers["119999"] == "v")
    }

    @Test func `a payload may be a frame of its own`() throws {
        let envelope = Envelope(subject: "a.b", rawPayload: Data("[1]".utf8))
        var decoder = CompactDecoder()
        let head = try frame([envelope], hasPayload: false)
        #expect(try decode(head, with: &decoder, payload: envelope.payload).map(\.envelope) == [envelope])
        let error = try #require(throws: EventError.self) {
            try decode(try frame([envelope]), with: &decoder, payload: envelope.payload)
        }
        #expect("\(error)".contains("two payloads"))
    }

    @Test func `the number may be written later`() throws {
        var bytes = try frame([Envelope(subject: "a.b")], number: 0)
        let place = CompactForm.placeOfNumber(subjectCount: 3)
        #expect(bytes[place..<place + 8].allSatisfy { $0 == 0 })
        bytes[place + 7] = 9
        #expect(try decode(bytes).map(\.number) == [9])
    }

    @Test func `fields that nobody knows are skipped`() throws {
        let sound = try frame([Envelope(subject: "a.b", rawPayload: Data("1".utf8))])
        let unknown: [UInt8] = [200, 3, 1, 2, 3, 77, 0]
        let bytes = Array(sound[..<5]) + unknown + Array(sound[5...])
        #expect(try decode(bytes).map(\.envelope) == decode(sound).map(\.envelope))
    }

    // MARK: The bytes

    @Test(
        arguments: [
            CompactForm.Field.text, CompactForm.Field.source, CompactForm.Field.traceID, CompactForm.Field.spanID,
        ]
    )
    func `a text without bytes is as if it were not there`(field: UInt8) throws {
        let frame: [UInt8] = [0xFE] + Array("a".utf8) + [0xFF, field, 0, CompactForm.Field.payload, 0]
        let envelope = try #require(try decode(frame).first?.envelope)
        #expect(envelope.id == "")
        #expect((envelope.source, envelope.traceID, envelope.spanID) == (nil, nil, nil))
    }

    @Test func `the bytes are what the format says`() throws {
        var envelope = Envelope(subject: "a.b", rawPayload: Data("[1]".utf8), source: "s", headers: ["k": "v"])
        (envelope.id, envelope.time) = ("c8q3t0g1k2l3m4n5o6o0", Date(timeIntervalSince1970: 1))
        let bytes = try frame([envelope], number: 258, origin: origin())
        let expected = """
            fe 612e62 ff \
            01 08 0000000000000102 \
            02 0c 62343e8201a0aa3b12e5c1b0 \
            04 08 000000003b9aca00 \
            05 0c 62343e8201a0aa3b12e5c1b0 \
            06 01 73 \
            09 03 01 6b 76 \
            00 03 5b315d
            """.replacing(" ", with: "")
        #expect(bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == expected)
    }

    // MARK: Faults

    @Test func `whatever is cut off is refused`() throws {
        let frame = try frame([Self.sample], origin: origin())
        for count in 0..<frame.count {
            #expect(throws: EventError.self, "\(count) bytes") { try decode(Array(frame[..<count])) }
        }
    }

    @Test func `one bit that is another is read or refused, as by a decoder that remembers nothing`() throws {
        let frame = try frame([Self.sample, Self.sample], origin: origin())
        var remembering = CompactDecoder()
        _ = try decode(frame, with: &remembering)
        var refused = 0
        for place in 0..<frame.count * 8 {
            var other = frame
            other[place / 8] ^= 1 << UInt8(place % 8)
            let fresh = Result { () throws(EventError) in try decode(other).map(\.envelope) }
            let again = Result { () throws(EventError) in try decode(other, with: &remembering).map(\.envelope) }
            #expect(fresh == again)
            if case .failure = fresh { refused += 1 }
        }
        #expect(refused > frame.count)
    }

    @Test(
        arguments: [
            ([], "no compact form"), ([0x61], "no compact form"), ([0xFE, 0x61], "the subject does not end"),
            ([0xFE, 0xFF], "empty"), ([0xFE, 0xC3, 0x28, 0xFF], "invalid UTF-8"),
            ([0xFE] + Array(repeating: 0x61, count: 2000), "exceeds 1024 bytes"),
            ([0xFE, 0x61, 0xFF], "it ends before its payload at byte 3"),
            ([0xFE, 0x61, 0xFF, 0x06, 0x02, 0x73], "field 6 is cut off at byte 3"),
            ([0xFE, 0x61, 0xFF, 0x06] + Array(repeating: 0x80, count: 9) + [1], "field 6 is cut off"),
            ([0xFE, 0x61, 0xFF, 0x06, 0x01, 0xC3, 0x00, 0x00], "source: invalid UTF-8 at byte 5"),
            ([0xFE, 0x61, 0xFF, 0x01, 0x01, 0x00, 0x00, 0x00], "number: not 8 bytes"),
            ([0xFE, 0x61, 0xFF, 0x02, 0x01, 0x00, 0x00, 0x00], "id: not 12 bytes"),
            ([0xFE, 0x61, 0xFF, 0x05, 0x01, 0x00, 0x00, 0x00], "origin: not 12 bytes"),
            ([0xFE, 0x61, 0xFF, 0x04, 0x01, 0x00, 0x00, 0x00], "time: neither 8 nor 12 bytes"),
            ([0xFE, 0x61, 0xFF, 0x04, 0x0C] + Array(repeating: 0x7F, count: 12) + [0, 0], "time: no such instant"),
            ([0xFE, 0x61, 0xFF, 0x09, 0x01, 0x05, 0x00, 0x00], "header: its name is cut off"),
        ] as [([UInt8], String)]
    )
    func `a fault is told with its place`(_ frame: [UInt8], _ reason: String) throws {
        let error = try #require(throws: EventError.self) { try decode(frame) }
        #expect("\(error)".contains(reason), "\(error)")
    }

    @Test func `random bytes are refused or read, and nothing worse`() throws {
        var random = SystemRandomNumberGenerator()
        let sound = try frame([Self.sample], origin: origin())
        var decoder = CompactDecoder()
        var refused = 0
        for _ in 0..<10_000 {
            var frame = sound
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                frame[Int.random(in: 0..<frame.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            do throws(EventError) { _ = try decode(frame, with: &decoder) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }
}

extension Envelope {
    /// An envelope with anything that one may hold.
    fileprivate static func random(_ random: inout some RandomNumberGenerator) -> Envelope {
        let texts = ["", "a", "é", "e\u{301}", "żółw 🐢", "\u{0}", String(repeating: "x", count: 200)]
        let subjects: [Subject] = ["a", "a.b", "orders.eu.created", "é.ü"]
        var headers: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            headers[texts.randomElement(using: &random) ?? ""] = texts.randomElement(using: &random)
        }
        var envelope = Envelope(
            subject: subjects.randomElement(using: &random) ?? "a",
            source: Bool.random(using: &random) ? texts.dropFirst().randomElement(using: &random) : nil,
            headers: headers
        )
        if Bool.random(using: &random) { envelope.id = texts.randomElement(using: &random) ?? "" }
        if Bool.random(using: &random) { envelope.traceID = texts.dropFirst().randomElement(using: &random) }
        if Bool.random(using: &random) { envelope.spanID = texts.dropFirst().randomElement(using: &random) }
        if Bool.random(using: &random) { envelope.setHeader("both", named: "e\u{301}") }
        let count = Int.random(in: 0...300, using: &random)
        if count > 0 { envelope.payload = Data((0..<count).map { _ in .random(in: 0...255, using: &random) }) }
        return envelope
    }
}
