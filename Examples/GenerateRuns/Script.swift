import EventCore
import Foundation

/// What one source publishes, in the order in which it happens.
struct Script {
    private(set) var envelopes: [Envelope] = []
    var random: SeededGenerator
    /// The span that the following envelopes belong to.
    var spanID = ""

    private let source: String
    private let headers: [String: String]
    private let traceID: String
    private let encoder = JSONEncoder()
    /// Nanoseconds since 2026-04-27T10:11:12Z.
    private var now = 0

    init(source: String, headers: [String: String], random: SeededGenerator) {
        self.source = source
        self.headers = headers
        self.random = random
        traceID = self.random.hex(digits: 32)
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        beginSpan()
    }

    mutating func beginSpan() {
        spanID = random.hex(digits: 16)
    }

    /// Publishes the next envelope.
    ///
    /// - Parameters:
    ///   - segments: The subject.
    ///   - payload: What happened.
    ///   - headers: Headers beside those of the whole script.
    ///   - delay: How long after the envelope before, in milliseconds.
    /// - Throws: When a segment is none or the payload has no JSON form.
    mutating func emit(
        _ segments: [String],
        _ payload: some Encodable,
        headers: [String: String] = [:],
        after delay: ClosedRange<Int>
    ) throws {
        now += random.number(in: delay.lowerBound * 1_000_000...delay.upperBound * 1_000_000)
        var envelope = Envelope(
            subject: try Subject(segments: segments),
            rawPayload: try encoder.encode(payload),
            source: source,
            headers: self.headers.merging(headers) { $1 }
        )
        envelope.time = Date(timeIntervalSince1970: 1_777_284_672 + Double(now) / 1e9)
        envelope.traceID = traceID
        envelope.spanID = spanID
        envelopes.append(envelope)
    }
}
