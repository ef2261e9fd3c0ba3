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
        var writer = JSONWriter(capacity: 256 + payloadCount)
        writer.beginObject()
        writer.name("id")
        writer.string(storage.fields.id)
        writer.name("subject")
        writer.string(storage.fields.subject.rawValue)
        try writer.metadata(of: self)
        if let payload = storage.fields.payload {
            let range = try Self.valueRange(of: payload)
            writer.name("payload")
            payload.withSpan { writer.raw($0.extracting(range)) }
        }
        writer.endObject()
        return writer.takeData()
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
        var reader = try JSONReader(jsonData.bytes)
        var subject: Subject?
        var fields = Fields(subject: Fields.placeholder)
        try reader.object { reader throws(EventError) in
            switch try reader.name() {
            case "subject": subject = try reader.subject()
            case "payload":
                let range = try reader.value()
                fields.payload = Data(reader.bytes[range])
            case let name:
                if try !reader.metadata(name, into: &fields) { _ = try reader.value() }
            }
        }
        try reader.finish()
        guard let subject else { throw JSONReader.fault("missing subject, object ends", at: reader.position) }
        fields.subject = subject
        self.init(fields)
    }

    /// Where in the payload its one value stands, from its start.
    static func valueRange(of payload: Data) throws(EventError) -> Range<Int> {
        do {
            var reader = try JSONReader(wrapping: payload)
            let range = try reader.value()
            try reader.finish()
            return range
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
        guard storage.fields.time.hasRFC3339 else {
            throw .malformedEnvelope("the time lies outside the years 0000 to 9999")
        }
        name("time")
        time(storage.fields.time)
        if let source = storage.fields.source, !source.isEmpty {
            name("source")
            string(source)
        }
        if let traceID = storage.fields.traceID, !traceID.isEmpty {
            name("trace_id")
            string(traceID)
        }
        if let spanID = storage.fields.spanID, !spanID.isEmpty {
            name("span_id")
            string(spanID)
        }
        if !storage.fields.headers.isEmpty {
            name("headers")
            headers(storage.fields.headers)
        }
    }

    private mutating func headers(_ headers: [String: String]) {
        beginObject()
        if headers.count == 2 {
            // So many are usual, and need no array to be sorted.
            let (first, second) = (headers[headers.startIndex], headers[headers.index(after: headers.startIndex)])
            let isInOrder = first.key.precedes(second.key)
            member(isInOrder ? first.key : second.key, isInOrder ? first.value : second.value)
            member(isInOrder ? second.key : first.key, isInOrder ? second.value : first.value)
        } else {
            for (key, value) in headers.sorted(by: { $0.key.precedes($1.key) }) { member(key, value) }
        }
        endObject()
    }
}

extension JSONReader {
    /// Reads the value of a key that every form of an envelope has; `false` leaves an unknown key's value unread.
    package mutating func metadata(_ name: MemberName, into fields: inout Envelope.Fields) throws(EventError) -> Bool {
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
        try self.init(payload.bytes)
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
        if try null() { return .unset }
        let start = position
        let (content, isEscaped) = try stringContent()
        let time =
            isEscaped
            ? Timestamp(rfc3339: try Self.unescaped(bytes[content]))
            : Timestamp(rfc3339: bytes.span.extracting(content))
        guard let time else { throw Self.fault("time is no RFC 3339 time", at: start) }
        return time
    }

    /// Reads an object of texts, or `null` for none.
    package mutating func headers() throws(EventError) -> [String: String] {
        if try null() { return [:] }
        var headers = [String: String](minimumCapacity: 3)
        try object { reader throws(EventError) in
            let name = try reader.nameText()
            headers[name] = try reader.string()
        }
        return headers
    }
}

extension Data {
    fileprivate var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

    /// Runs `body` on the bytes.
    package func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes { unsafe body(Span(_unsafeBytes: $0)) }
    }
}

extension String {
    /// Whether the bytes of this text come before those of another.
    fileprivate func precedes(_ other: String) -> Bool {
        var (left, right) = (self, other)
        return left.withUTF8 { left in
            right.withUTF8 { right in unsafe Span(_unsafeElements: left).precedes(Span(_unsafeElements: right)) }
        }
    }
}
