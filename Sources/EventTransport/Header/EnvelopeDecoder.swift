#if canImport(FoundationEssentials)
package import EventCore
package import FoundationEssentials
#else
package import Foundation
#endif

/// Reads what arrives on a subject.
///
/// Remembers the last subject, origin and headers, because they come in runs.
package struct EnvelopeDecoder: Sendable {
    /// What is remembered of every origin stays small.
    private static let maximumOriginCount = 64

    private var lastSubject: Subject?
    private var lastOrigin = ""
    /// That of an envelope without a trace that came from there.
    private var lastContext = Envelope.Context.none
    private var lastHeaders = (json: [UInt8](), value: EnvelopeHeaders())

    /// Creates a decoder that remembers nothing yet.
    package init() {}

    /// Reads `[subject][header][payload]`.
    ///
    /// - Throws: ``EventError/invalidSubject(_:)`` or ``EventError/malformedEnvelope(_:)``.
    package mutating func decode(
        subject: Span<UInt8>,
        header: Span<UInt8>,
        payload: () -> Data
    ) throws(EventError) -> WireEnvelope {
        var fields = Envelope.Fields(subject: try self.subject(subject))
        var sequence: UInt64?
        var number: UInt64?
        var origin: String?
        do throws(EventError) {
            try JSONReader.read(header) { reader throws(EventError) in
                try reader.object { reader throws(EventError) in
                    switch try reader.name() {
                    case "v":
                        let version = try reader.null() ? WireEnvelope.version : reader.unsignedInteger()
                        guard version == WireEnvelope.version else {
                            throw JSONReader.fault("unknown version", at: reader.position)
                        }
                    case "origin": origin = try self.origin(&reader)
                    case "seq": sequence = try reader.null() ? nil : reader.unsignedInteger()
                    case "n": number = try reader.null() ? nil : reader.unsignedInteger()
                    case "headers": fields.headerFields = try self.headers(&reader)
                    case let name:
                        if try !reader.metadata(name, into: &fields) { _ = try reader.value() }
                    }
                }
            }
        } catch {
            throw error.about(fields)
        }
        let payload = payload()
        if !payload.isEmpty { fields.payload = payload }
        if let origin {
            if case .none = fields.context { fields.context = lastContext } else { fields.context.origin = origin }
        }
        return WireEnvelope(envelope: Envelope(fields), origin: origin, sequence: sequence, number: number)
    }

    /// Reads `[subject][envelope]`, the envelope in its JSON form, as other programs may send it.
    ///
    /// - Throws: ``EventError/invalidSubject(_:)`` or ``EventError/malformedEnvelope(_:)``.
    package mutating func decode(subject: Span<UInt8>, envelope json: Span<UInt8>) throws(EventError) -> WireEnvelope {
        let subject = try self.subject(subject)
        let envelope = try Envelope(json: json)
        guard envelope.subject == subject else {
            throw EventError.malformedEnvelope("it comes on another subject, \(subject)").about(envelope.fields)
        }
        return WireEnvelope(envelope: envelope)
    }

    private mutating func subject(_ bytes: Span<UInt8>) throws(EventError) -> Subject {
        if let lastSubject, bytes.holds(lastSubject.rawValue, in: 0..<bytes.count) { return lastSubject }
        // Longer text is no subject; it need not be copied to find that out.
        guard bytes.count <= Subject.maximumUTF8Count else { throw .invalidSubject("exceeds 1024 bytes") }
        let text = unsafe bytes.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .invalidSubject("invalid UTF-8") }
        let subject = try Subject(validating: text)
        lastSubject = subject
        return subject
    }

    private mutating func headers(_ reader: inout JSONReader) throws(EventError) -> EnvelopeHeaders {
        if reader.skip(lastHeaders.json) { return lastHeaders.value }
        _ = reader.peek()
        let start = reader.position
        let headers: EnvelopeHeaders
        do { headers = try reader.headers() } catch { throw error.inside("headers") }
        reader.withBytes(in: start..<reader.position) { json in
            // `null` stands for no headers, and would be the beginning of other text; an object ends with its brace.
            guard json[0] == UInt8(ascii: "{") else { return }
            lastHeaders = (unsafe json.withUnsafeBufferPointer { unsafe Array($0) }, headers)
        }
        return headers
    }

    private mutating func origin(_ reader: inout JSONReader) throws(EventError) -> String? {
        if try reader.null() { return nil }
        let start = reader.position
        let origin = try reader.string(like: lastOrigin)
        guard origin.utf8.count <= Self.maximumOriginCount else {
            throw JSONReader.fault("origin exceeds \(Self.maximumOriginCount) bytes", at: start)
        }
        if !origin.hasSameBytes(as: lastOrigin) {
            lastOrigin = origin
            lastContext = Envelope.Context(traceID: nil, spanID: nil, origin: origin)
        }
        return origin
    }
}
