import EventTransport
import Foundation
import Testing

@testable import EventCore

@Suite struct GoldenEnvelopeTests {
    /// Lines whose time is not in UTC, with the same instant in UTC.
    private static let utc = [
        3: ("2026-04-27T18:11:12.123456789+08:00", "2026-04-27T10:11:12.123456789Z"),
        4: ("2026-04-27T06:41:12.123-03:30", "2026-04-27T10:11:12.123Z"),
    ]

    /// Seconds since 1970 and nanoseconds of the eleven times, worked out by GNU `date`.
    private static let times: [(Int64, UInt32)] = [
        (1_777_284_672, 123_456_789), (1_777_284_672, 0), (1_777_284_672, 123_456_789), (1_777_284_672, 123_000_000),
        (1_777_284_672, 123_456_789), (-62_135_596_800, 0), (1_777_284_672, 123_456_789), (1_777_284_672, 123_456_789),
        (1_777_284_672, 123_456_789), (-1, 999_999_999), (253_402_300_799, 0),
    ]

    @Test func `there are eleven lines`() throws {
        #expect(try GoldenEnvelopes.lines().count == 11)
    }

    @Test("texts come out as Foundation reads them", arguments: 1...11)
    func texts(_ number: Int) throws {
        let line = try GoldenEnvelopes.line(number)
        let envelope = try Envelope(jsonData: line)
        let reference = try JSONDecoder().decode(ReferenceFields.self, from: line)
        #expect(ReferenceFields(envelope) == reference)
        let (seconds, nanoseconds) = Self.times[number - 1]
        #expect(envelope.fields.time == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test("the payload comes out as it stands in the line", arguments: 1...11)
    func payload(_ number: Int) throws {
        let line = try GoldenEnvelopes.line(number)
        let envelope = try Envelope(jsonData: line)
        if let name = line.firstRange(of: Data("\"payload\":".utf8)) {
            #expect(envelope.payload == Data(line[name.upperBound..<line.endIndex - 1]))
        } else {
            #expect(envelope.payload == nil)
        }
    }

    @Test("encoding writes the line again, the time in UTC", arguments: 1...11)
    func encodes(_ number: Int) throws {
        let line = try GoldenEnvelopes.line(number)
        let json = try Envelope(jsonData: line).jsonData()
        var expected = line
        if let (local, utc) = Self.utc[number] {
            let range = try #require(line.firstRange(of: Data(local.utf8)))
            expected.replaceSubrange(range, with: Data(utc.utf8))
        }
        #expect(String(decoding: json, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
        #expect(json == expected)
    }

    @Test("encoding and decoding again gives an equal envelope", arguments: 1...11)
    func roundTrip(_ number: Int) throws {
        let envelope = try Envelope(jsonData: GoldenEnvelopes.line(number))
        #expect(try Envelope(jsonData: envelope.jsonData()) == envelope)
    }

    @Test func `a bus fills the zero time and the empty id`() throws {
        let zeroTime = try Envelope(jsonData: GoldenEnvelopes.line(6))
        #expect(zeroTime.time == .distantPast)
        #expect(zeroTime.filledForPublishing().time != .distantPast)
        #expect(zeroTime.filledForPublishing().id == zeroTime.id)
        let noID = try Envelope(jsonData: GoldenEnvelopes.line(7))
        #expect(noID.id.isEmpty)
        #expect(XID(noID.filledForPublishing().id) != nil)
    }

    @Test("may stand in the middle of a larger buffer", arguments: 1...11)
    func slices(_ number: Int) throws {
        let line = try GoldenEnvelopes.line(number)
        let buffer = Data("xxx".utf8) + line + Data("yyy".utf8)
        let slice = buffer[3..<3 + line.count]
        #expect(try Envelope(jsonData: slice) == Envelope(jsonData: line))
    }
}

/// The texts of an envelope as Foundation decodes them, compared byte for byte.
struct ReferenceFields: Decodable, Equatable {
    var id: String?
    var subject: String
    var source: String?
    var trace_id: String?
    var span_id: String?
    var headers: [String: String]?

    init(_ envelope: Envelope) {
        (id, subject, source) = (envelope.id, envelope.subject.rawValue, envelope.source)
        (trace_id, span_id) = (envelope.traceID, envelope.spanID)
        headers = envelope.headers.isEmpty ? nil : envelope.headers
    }

    static func == (left: ReferenceFields, right: ReferenceFields) -> Bool {
        left.bytes == right.bytes
    }

    private var bytes: [[UInt8]?] {
        let texts = [id, subject, source, trace_id, span_id].map { $0.map { Array($0.utf8) } }
        let members = (headers ?? [:]).map { Array($0.utf8) + [0xFF] + Array($1.utf8) }
        return texts + members.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
