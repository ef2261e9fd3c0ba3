import Foundation
import Testing

@testable import EventCore
@testable import EventTransport
@testable import EventZMQ

/// The bytes that the page on the wire format shows are those that a bus sends.
@Suite struct WireFormatDumpTests {
    private static let origin = "d4i1q0mc1l2v3k4j5h60"

    private static var envelope: Envelope {
        var fields = Envelope(
            subject: "orders.created",
            rawPayload: Data(#"{"order":7}"#.utf8),
            source: "shop",
            headers: ["run_id": "r17"]
        ).fields
        fields.id = "c8q3t0g1k2l3m4n5o6o0"
        fields.time = Timestamp(seconds: 1_795_504_312, nanoseconds: 123_456_789)
        return Envelope(fields)
    }

    private static func page() throws -> String {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        let page = package.appending(path: "Sources/EventZMQ/EventZMQ.docc/WireFormat.md")
        return try String(contentsOf: page, encoding: .utf8)
    }

    /// Sixteen bytes a line: their place, what they are, and what text they would be.
    private static func dump(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let line = bytes[start..<min(start + 16, bytes.count)]
            let digits = line.map { hexadecimal(UInt32($0), digits: 2) }.joined(separator: " ")
            let text = String(decoding: line.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
            let padding = String(repeating: " ", count: 47 - digits.count)
            return "\(Self.hexadecimal(UInt32(start), digits: 4))  \(digits)\(padding)  \(text)\n"
        }.joined()
    }

    private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    @Test func `the compact form is as the page shows it`() throws {
        let frame = try CompactWriter.with { writer throws(EventError) in
            writer.begin(Self.envelope.subject)
            let payload = Array(Self.envelope.payload ?? Data())
            try writer.fields(of: Self.envelope, number: 258, origin: nil, payloadCount: payload.count)
            writer.payload(payload.span)
            return writer.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
        }
        #expect(try Self.page().contains("```\n\(Self.dump(frame))```"), "\(Self.dump(frame))")
    }

    @Test func `the plain form is as the page shows it`() throws {
        let encoder = EnvelopeEncoder(origin: Self.origin)
        let header = try JSONWriter.with { header throws(EventError) in
            try encoder.begin(&header, of: Self.envelope)
            encoder.finish(&header, sequence: 3, number: 258)
            return header.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
        }
        let frames = [Array(Self.envelope.subject.rawValue.utf8), header, Array(Self.envelope.payload ?? Data())]
        let dump = frames.map(Self.dump).joined(separator: "\n")
        #expect(try Self.page().contains("```\n\(dump)```"), "\(dump)")
    }
}
