#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Envelope {
    /// The JSON form: an object with the keys `id`, `subject`, `time`, `source`, `trace_id`, `span_id`, `headers` and
    /// `payload` in that order, the last five left out when empty, header keys sorted by bytes, the payload verbatim.
    ///
    /// This is the form of the Go package flowcraft `sdk/event`, to the byte.
    ///
    /// - Returns: UTF-8 text without a line break outside the payload.
    /// - Throws: ``EventError/malformedEnvelope(_:)`` when the payload is not one JSON value, which would corrupt the
    ///   document, or the time lies outside the years 0000 to 9999.
    /// - Complexity: O(*n*) in the size of the envelope.
    public func jsonData() throws(EventError) -> Data {
        var writer = JSONWriter(capacity: 256 + (payload?.count ?? 0))
        writer.beginObject()
        writer.name("id")
        writer.string(id)
        writer.name("subject")
        writer.string(subject.rawValue)
        try writer.metadata(of: self)
        if let payload {
            writer.name("payload")
            writer.raw(payload[try Self.valueRange(of: payload)])
        }
        writer.endObject()
        return Data(writer.bytes)
    }

    /// Reads the JSON form.
    ///
    /// Unknown keys are ignored, the last of equal keys counts, a missing or `null` key is not set, and the payload is
    /// taken verbatim, without white space around it.
    ///
    /// - Parameter jsonData: One JSON object in UTF-8.
    /// - Throws: ``EventError/malformedEnvelope(_:)`` with the byte offset of what is wrong: no strict JSON (RFC 8259),
    ///   nesting deeper than 512, a missing or malformed subject, a value of the wrong type.
    /// - Complexity: O(*n*) in the size of the document.
    public init(jsonData: Data) throws(EventError) {
        var reader = try JSONReader([UInt8](jsonData))
        var subject: Subject?
        var fields = Fields(subject: "placeholder")
        try reader.object { reader, name throws(EventError) in
            switch name {
            case "subject": subject = try reader.subject()
            case "payload":
                let range = try reader.value()
                fields.payload = Data(reader.bytes[range])
            default:
                if try !reader.metadata(name, into: &fields) { _ = try reader.value() }
            }
        }
        try reader.finish()
        guard let subject else { throw JSONReader.fault("missing subject, object ends", at: reader.position) }
        fields.subject = subject
        self.init(fields)
    }

    /// Where in the payload its one value stands.
    static func valueRange(of payload: Data) throws(EventError) -> Range<Int> {
        do {
            var reader = try JSONReader(wrapping: payload)
            let range = try reader.value()
            try reader.finish()
            return range.lowerBound + payload.startIndex..<range.upperBound + payload.startIndex
        } catch {
            guard case .malformedEnvelope(let fault) = error else { throw error }
            throw .malformedEnvelope("the payload is not JSON: \(fault)")
        }
    }
}

extension JSONWriter {
    /// Writes time, source, trace ids and headers, each but the first only when set.
    package mutating func metadata(of envelope: Envelope) throws(EventError) {
        let storage = envelope.storage
        guard storage.time.hasRFC3339 else {
            throw .malformedEnvelope("the time lies outside the years 0000 to 9999")
        }
        name("time")
        time(storage.time)
        if let source = storage.source, !source.isEmpty {
            name("source")
            string(source)
        }
        if let traceID = storage.traceID, !traceID.isEmpty {
            name("trace_id")
            string(traceID)
        }
        if let spanID = storage.spanID, !spanID.isEmpty {
            name("span_id")
            string(spanID)
        }
        if !storage.headers.isEmpty {
            name("headers")
            headers(storage.headers)
        }
    }

    private mutating func headers(_ headers: [String: String]) {
        beginObject()
        for (key, value) in headers.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            member(key, value)
        }
        endObject()
    }
}

extension JSONReader {
    /// Reads the value of a key that every form of an envelope has; `false` leaves an unknown key's value unread.
    package mutating func metadata(_ name: String, into fields: inout Envelope.Fields) throws(EventError) -> Bool {
        switch name {
        case "id": fields.id = try optionalString() ?? ""
        case "time": fields.time = try time()
        case "source": fields.source = try nonEmptyString()
        case "trace_id": fields.traceID = try nonEmptyString()
        case "span_id": fields.spanID = try nonEmptyString()
        case "headers": fields.headers = try headers()
        default: return false
        }
        return true
    }

    fileprivate init(wrapping payload: Data) throws(EventError) {
        try self.init([UInt8](payload))
        // The envelope around the payload is a level of its own.
        assumeEnclosed()
    }

    fileprivate mutating func subject() throws(EventError) -> Subject {
        _ = peek()
        let start = position
        let text = try string()
        do {
            return try Subject(validating: text)
        } catch {
            throw Self.fault(error.description, at: start)
        }
    }

    private mutating func optionalString() throws(EventError) -> String? {
        if try null() { return nil }
        return try string()
    }

    /// Empty is not set, as it is left out when written.
    private mutating func nonEmptyString() throws(EventError) -> String? {
        guard let text = try optionalString(), !text.isEmpty else { return nil }
        return text
    }

    private mutating func time() throws(EventError) -> Timestamp {
        _ = peek()
        let start = position
        guard let text = try optionalString() else { return .unset }
        guard let time = Timestamp(rfc3339: text) else { throw Self.fault("time is no RFC 3339 time", at: start) }
        return time
    }

    private mutating func headers() throws(EventError) -> [String: String] {
        var headers: [String: String] = [:]
        if try null() { return headers }
        try object { reader, name throws(EventError) in headers[name] = try reader.string() }
        return headers
    }
}
