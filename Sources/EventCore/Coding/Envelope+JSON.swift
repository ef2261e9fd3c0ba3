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
        try JSONWriter.with { writer throws(EventError) in
            try writer.envelope(self)
            return writer.takeData()
        }
    }

    /// Reads the JSON form.
    ///
    /// Unknown keys are ignored, the last of equal keys counts, a missing or `null` key is not set, and the payload,
    /// `null` included, is taken verbatim, without white space around it.
    ///
    /// - Parameter jsonData: One JSON object in UTF-8.
    /// - Throws: ``EventError/malformedEnvelope(_:)`` with the byte offset of what is wrong: no strict JSON (RFC 8259),
    ///   nesting deeper than 512, a missing or malformed subject, a value of the wrong type.
    /// - Complexity: O(*n*) in the size of the document.
    public init(jsonData: Data) throws(EventError) {
        self = try jsonData.withSpan { json throws(EventError) in try Envelope(json: json) }
    }

    /// Reads the JSON form where it lies.
    package init(json: Span<UInt8>) throws(EventError) {
        self = try JSONReader.read(json) { reader throws(EventError) in try reader.envelope() }
    }

    /// Where in the payload its one value stands, from its start.
    ///
    /// - Throws: ``EventError/malformedEnvelope(_:)`` with the byte of the payload that is no JSON.
    func payloadRange() throws(EventError) -> Range<Int> {
        do {
            return try withPayload { bytes throws(EventError) in try Self.valueRange(of: bytes) }
        } catch {
            guard case .malformedEnvelope(let fault) = error else { throw error }
            throw EventError.malformedEnvelope("the payload is not JSON: \(fault)").about(fields)
        }
    }

    /// Where in a payload its one value stands, from its start.
    static func valueRange(of payload: Data) throws(EventError) -> Range<Int> {
        try payload.withSpan { json throws(EventError) in try valueRange(of: json) }
    }

    private static func valueRange(of json: Span<UInt8>) throws(EventError) -> Range<Int> {
        try JSONReader.read(json) { reader throws(EventError) in
            // The envelope around the payload is a level of its own.
            reader.assumeEnclosed()
            return try reader.value()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func envelope(_ envelope: Envelope) throws(EventError) {
        let storage = envelope.storage
        literal("{\"id\":")
        identity(storage.fields.identity)
        literal(",\"subject\":")
        string(storage.fields.subject.rawValue)
        try metadata(of: envelope)
        if let payload = storage.fields.heldPayload, payload.count > 0 {
            let range = try envelope.payloadRange()
            literal(",\"payload\":")
            payload.withBytes { raw($0.extracting(range)) }
        }
        literal("}")
    }

    /// Writes time, source, trace ids and headers, each but the first only when set, behind other members.
    package mutating func metadata(of envelope: Envelope) throws(EventError) {
        let storage = envelope.storage
        guard storage.fields.time.hasRFC3339 else {
            throw EventError.malformedEnvelope("the time lies outside the years 0000 to 9999").about(storage.fields)
        }
        literal(",\"time\":")
        time(storage.fields.time)
        if let source = storage.fields.source, !source.isEmpty {
            literal(",\"source\":")
            string(source)
        }
        if let traceID = storage.fields.traceID, !traceID.isEmpty {
            literal(",\"trace_id\":")
            string(traceID)
        }
        if let spanID = storage.fields.spanID, !spanID.isEmpty {
            literal(",\"span_id\":")
            string(spanID)
        }
        if !storage.fields.headers.isEmpty {
            literal(",\"headers\":{")
            if storage.fields.headersAreWhole {
                headers(storage.fields.headers)
            } else {
                members(storage.fields.headerFields.members.map { ($0.name, $0.value) })
            }
            literal("}")
        }
    }

    private mutating func headers(_ headers: [String: String]) {
        var rest = headers.makeIterator()
        if headers.count <= 2, let first = rest.next() {
            // So many are usual, and need no array to be sorted.
            let second = rest.next()
            let isInOrder = second.map { first.key.precedes($0.key) } ?? true
            if let second, !isInOrder { header(second) }
            if !isInOrder { literal(",") }
            header(first)
            if let second, isInOrder {
                literal(",")
                header(second)
            }
        } else {
            members(headers.sorted { $0.key.precedes($1.key) })
        }
    }

    private mutating func members(_ members: [(key: String, value: String)]) {
        var isFirst = true
        for member in members {
            if !isFirst { literal(",") }
            isFirst = false
            header(member)
        }
    }

    private mutating func header(_ member: (key: String, value: String)) {
        string(member.key)
        literal(":")
        string(member.value)
    }
}

extension JSONReader {
    /// Reads the value of a key that every form of an envelope has; `false` leaves an unknown key's value unread.
    package mutating func metadata(_ name: MemberName, into fields: inout Envelope.Fields) throws(EventError) -> Bool {
        do {
            switch name {
            case "id": fields.identity = try identity()
            case "time": fields.time = try time()
            case "source": fields.source = try nonEmptyString()
            case "trace_id": fields.traceID = try nonEmptyString()
            case "span_id": fields.spanID = try nonEmptyString()
            case "headers": fields.headerFields = try headers()
            default: return false
            }
            return true
        } catch {
            throw error.inside(name.text)
        }
    }

    fileprivate mutating func envelope() throws(EventError) -> Envelope {
        var subject: Subject?
        var fields = Envelope.Fields(subject: Envelope.Fields.placeholder)
        do throws(EventError) {
            try object { reader throws(EventError) in
                switch try reader.name() {
                case "subject": subject = try reader.subject()
                case "payload":
                    let range = try reader.payload()
                    fields.payload = reader.withBytes(in: range) { Data($0) }
                case let name:
                    if try !reader.metadata(name, into: &fields) { _ = try reader.value() }
                }
            }
            guard let subject else { throw Self.fault("missing subject, object ends", at: position) }
            fields.subject = subject
            return Envelope(fields)
        } catch {
            guard let subject else { throw error.about(fields.identity) }
            fields.subject = subject
            throw error.about(fields)
        }
    }

    private mutating func payload() throws(EventError) -> Range<Int> {
        do { return try value() } catch { throw error.inside("payload") }
    }

    private mutating func subject() throws(EventError) -> Subject {
        _ = peek()
        let start = position
        let text = try string()
        do {
            return try Subject(validating: text)
        } catch {
            throw Self.fault(error.description, at: start)
        }
    }

    private mutating func identity() throws(EventError) -> EnvelopeIdentity {
        if try null() { return .unset }
        let (content, isEscaped) = try stringContent()
        if isEscaped { return EnvelopeIdentity(try unescaped(content)) }
        let xid = withBytes(in: content) { EventIdentifier($0) }
        return xid.map { .xid($0) } ?? EnvelopeIdentity(text(in: content))
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
            ? Timestamp(rfc3339: try unescaped(content))
            : withBytes(in: content) { Timestamp(rfc3339: $0) }
        guard let time else { throw Self.fault("time is no RFC 3339 time", at: start) }
        return time
    }

    /// Reads an object of texts, or `null` for none.
    package mutating func headers() throws(EventError) -> EnvelopeHeaders {
        if try null() { return EnvelopeHeaders() }
        let start = position
        var count = 0
        var headers = [String: String](minimumCapacity: 3)
        try object { reader throws(EventError) in
            let name = try reader.nameText()
            headers[name] = try reader.string()
            count += 1
        }
        if headers.count == count { return EnvelopeHeaders(headers) }

        // Two names are one, or one to Swift alone. That is rare, so they are read once more.
        position = start
        var members: [EnvelopeHeaders.Member] = []
        try object { reader throws(EventError) in
            members.append((try reader.nameText(), try reader.string()))
        }
        return EnvelopeHeaders(members)
    }
}

extension Data {
    package init(_ bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Data(buffer: $0) }
    }

    /// Runs `body` on the bytes.
    @inlinable @inline(__always)
    package func withSpan<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // `withUnsafeBytes` of Data knows no typed errors, so one is carried out by hand.
        let result = unsafe withUnsafeBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try unsafe body(Span(_unsafeBytes: bytes))) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension Data? {
    /// Runs `body` on the bytes, of which nothing has none.
    @inlinable @inline(__always)
    package func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let data = self else { return try body(Span()) }
        return try data.withSpan(body)
    }
}
