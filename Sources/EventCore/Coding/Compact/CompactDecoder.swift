#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// Reads envelopes in their compact form, and never more than there is.
///
/// Remembers the last subject, source, origin and headers, because they come in runs.
package struct CompactDecoder: Sendable {
    /// An envelope as it was read, with what its fields say beyond that.
    package struct Received: Sendable {
        package var envelope: Envelope
        /// Which bus published it.
        package var origin: String?
        /// Whether that stands in its fields.
        package var namesOrigin = false
        package var number: UInt64?
    }

    private var lastSubject: Subject?
    private var lastSource: String?
    private var lastID: EventIdentifier?
    private var lastOrigin: String?
    /// That of an envelope without a trace that came from there.
    private var lastContext = Envelope.Context.none
    private var lastHeaders = (bytes: [UInt8](), value: EnvelopeHeaders())

    /// Where the payloads of the frame at hand go.
    private var memory: PayloadMemory?

    package init() {}

    /// Reads the envelopes of a frame.
    ///
    /// - Parameters:
    ///   - frame: The bytes.
    ///   - sender: Who sent it, of envelopes that do not say it; asked once at most.
    ///   - payload: The payload of the last envelope, where it is a frame of its own.
    ///   - body: Called with each envelope that is read, also with those before one that cannot be.
    /// - Throws: ``EventError/invalidSubject(_:)`` or ``EventError/malformedEnvelope(_:)`` with the place of the fault.
    /// - Complexity: O(*n*) in the length of the frame.
    package mutating func decode(
        _ frame: Span<UInt8>,
        from sender: () -> String?,
        payload: (() -> Data)? = nil,
        _ body: (consuming Received) -> Void
    ) throws(EventError) {
        var reader = Position()
        let subject = try subject(frame, &reader)
        var (isSenderKnown, senderOfFrame) = (false, String?.none)
        var count = 0
        defer { memory = nil }
        repeat {
            count &+= 1
            guard count <= CompactForm.greatestEnvelopeCount else {
                throw .malformedEnvelope("more than \(CompactForm.greatestEnvelopeCount) envelopes in a frame")
            }
            // The fields are read where they stay.
            let storage = Envelope.Storage(Envelope.Fields(subject: subject))
            let known: FieldsBeside
            do throws(EventError) {
                known = try storage.fields.read(frame, &reader, &self, payload)
            } catch {
                throw error.about(storage.fields)
            }
            if known.origin == nil, !isSenderKnown { (isSenderKnown, senderOfFrame) = (true, sender()) }
            let origin = known.origin ?? senderOfFrame
            if let origin {
                let context = context(of: origin)
                if case .none = storage.fields.context {
                    storage.fields.context = context
                } else {
                    storage.fields.context.origin = origin
                }
            }
            body(
                Received(
                    envelope: Envelope(storage),
                    origin: origin,
                    namesOrigin: known.origin != nil,
                    number: known.number
                )
            )
        } while reader.offset < frame.count
    }

    /// Copies a payload out of a frame, beside others of it.
    fileprivate mutating func payload(_ frame: Span<UInt8>, _ range: Range<Int>) -> Payload {
        let bytes = frame.extracting(range)
        guard range.count > Self.greatestInlineCount, range.count <= PayloadMemory.greatestCapacity else {
            return .data(Data(bytes))
        }
        if let payload = memory?.append(bytes) { return payload }
        // The payloads of a frame that are still to come have no more room than is left of it.
        let memory = PayloadMemory(capacity: min(PayloadMemory.greatestCapacity, frame.count - range.lowerBound))
        self.memory = memory
        return memory.append(bytes) ?? .data(Data(bytes))
    }

    /// So many bytes a `Data` holds without memory of its own.
    private static let greatestInlineCount = 14

    private mutating func subject(_ frame: Span<UInt8>, _ reader: inout Position) throws(EventError) -> Subject {
        guard frame.count > 0, frame[0] == CompactForm.firstByte else { throw .malformedEnvelope("no compact form") }
        if let lastSubject {
            let end = 1 + lastSubject.rawValue.utf8.count
            if end < frame.count, frame[end] == CompactForm.endOfSubject, frame.holds(lastSubject.rawValue, in: 1..<end)
            {
                reader.offset = end + 1
                return lastSubject
            }
        }
        // Longer text is no subject; where it ends does not matter.
        let limit = min(frame.count, Subject.maximumUTF8Count + 2)
        var end = 1
        while end < limit, frame[end] != CompactForm.endOfSubject { end &+= 1 }
        guard end < limit else {
            guard limit == frame.count else { throw .invalidSubject("exceeds 1024 bytes") }
            throw .malformedEnvelope("the subject does not end")
        }
        guard let text = frame.validText(in: 1..<end) else { throw .invalidSubject("invalid UTF-8") }
        let subject = try Subject(validating: text)
        lastSubject = subject
        reader.offset = end + 1
        return subject
    }

    // MARK: What comes in runs

    fileprivate mutating func source(_ frame: Span<UInt8>, _ range: Range<Int>) throws(EventError) -> String {
        if let lastSource, frame.holds(lastSource, in: range) { return lastSource }
        let source = try frame.text("source", in: range)
        lastSource = source
        return source
    }

    fileprivate mutating func origin(_ id: EventIdentifier) -> String {
        if id == lastID, let lastOrigin { return lastOrigin }
        let text = id.text
        use(text)
        lastID = id
        return text
    }

    private mutating func context(of origin: String) -> Envelope.Context {
        if lastOrigin.map({ $0.hasSameBytes(as: origin) }) != true { use(origin) }
        return lastContext
    }

    private mutating func use(_ origin: String) {
        lastOrigin = origin
        lastID = nil
        lastContext = Envelope.Context(traceID: nil, spanID: nil, origin: origin)
    }

    /// Takes all headers that follow each other from a place on, as last time where the bytes are the same; goes on behind
    /// them.
    fileprivate mutating func headers(
        _ frame: Span<UInt8>,
        from start: Int,
        _ reader: inout Position
    ) throws(EventError) -> EnvelopeHeaders {
        if let end = endOfLastHeaders(frame, from: start) {
            reader.offset = end
            return lastHeaders.value
        }
        reader.offset = start
        var members: [EnvelopeHeaders.Member] = []
        while reader.offset < frame.count, frame[reader.offset] == CompactForm.Field.header {
            let (_, value) = try frame.field(&reader)
            var inner = Position(offset: value.lowerBound)
            guard let count = frame.varint(&inner, end: value.upperBound), count <= value.upperBound - inner.offset
            else {
                throw frame.fault("header: its name is cut off", at: value.lowerBound)
            }
            let endOfName = inner.offset + count
            members.append(
                (
                    try frame.text("header", in: inner.offset..<endOfName),
                    try frame.text("header", in: endOfName..<value.upperBound)
                )
            )
        }
        let headers = EnvelopeHeaders(members)
        lastHeaders = (frame.copy(of: start..<reader.offset), headers)
        return headers
    }
}

extension CompactDecoder {
    /// Where the headers end, if they are the last ones again.
    private func endOfLastHeaders(_ frame: Span<UInt8>, from start: Int) -> Int? {
        let known = lastHeaders.bytes.span
        let end = start + known.count
        guard known.count > 0, end < frame.count, frame[end] != CompactForm.Field.header,
            frame.extracting(start..<end).hasSameBytes(as: known)
        else { return nil }
        return end
    }
}

/// How far a frame has been read.
private struct Position {
    var offset = 0
}

/// What the fields of an envelope say that is no part of it.
private struct FieldsBeside {
    var number: UInt64?
    var origin: String?
}

extension Envelope.Fields {
    /// Reads fields until the payload, which ends the envelope; a text without bytes is as if it were not there.
    fileprivate mutating func read(
        _ frame: Span<UInt8>,
        _ reader: inout Position,
        _ decoder: inout CompactDecoder,
        _ payload: (() -> Data)?
    ) throws(EventError) -> FieldsBeside {
        var known = FieldsBeside()
        var hasHeaders = false
        // Those that do not follow the first ones, as a stranger may write them; put together once, however many there are.
        var further: [EnvelopeHeaders] = []
        while true {
            let start = reader.offset
            let (name, value) = try frame.field(&reader)
            switch name {
            case CompactForm.Field.payload:
                try take(frame, value, payload, &decoder)
                if !further.isEmpty {
                    headerFields = EnvelopeHeaders(headerFields.members + further.flatMap(\.members))
                }
                return known
            case CompactForm.Field.number:
                guard value.count == 8 else { throw frame.fault("number: not 8 bytes", at: start) }
                known.number = frame.number(at: value.lowerBound)
            case CompactForm.Field.id:
                identity = .xid(try frame.xid("id", in: value))
            case CompactForm.Field.text:
                identity = EnvelopeIdentity(try frame.text("id", in: value))
            case CompactForm.Field.time:
                time = try frame.time(in: value)
            case CompactForm.Field.origin:
                known.origin = decoder.origin(try frame.xid("origin", in: value))
            case CompactForm.Field.source:
                source = value.isEmpty ? nil : try decoder.source(frame, value)
            case CompactForm.Field.traceID:
                traceID = value.isEmpty ? nil : try frame.text("trace id", in: value)
            case CompactForm.Field.spanID:
                spanID = value.isEmpty ? nil : try frame.text("span id", in: value)
            case CompactForm.Field.header:
                let run = try decoder.headers(frame, from: start, &reader)
                if hasHeaders { further.append(run) } else { headerFields = run }
                hasHeaders = true
            default: break
            }
        }
    }

    /// Takes the payload: out of the frame, or as the last of its envelopes the one that came behind the frame.
    private mutating func take(
        _ frame: Span<UInt8>,
        _ range: Range<Int>,
        _ further: (() -> Data)?,
        _ decoder: inout CompactDecoder
    ) throws(EventError) {
        if let further, range.upperBound == frame.count {
            guard range.isEmpty else { throw frame.fault("two payloads", at: range.lowerBound) }
            let data = further()
            if !data.isEmpty { payload = data }
        } else if !range.isEmpty {
            heldPayload = decoder.payload(frame, range)
        }
    }
}

extension Span<UInt8> {
    fileprivate func fault(_ what: String, at offset: Int) -> EventError {
        .malformedEnvelope("\(what) at byte \(offset)")
    }

    /// Reads what names a field, and where its value is; goes on behind that.
    @inline(__always)
    fileprivate func field(_ reader: inout Position) throws(EventError) -> (name: UInt8, value: Range<Int>) {
        let start = reader.offset
        guard start < count else { throw fault("it ends before its payload", at: start) }
        let name = self[start]
        reader.offset = start &+ 1
        guard let length = varint(&reader, end: count), length <= count &- reader.offset else {
            throw fault("field \(name) is cut off", at: start)
        }
        let value = reader.offset..<(reader.offset &+ length)
        reader.offset = value.upperBound
        return (name, value)
    }

    /// Reads a length; `nil` when there is none that an `Int` can hold before `end`.
    @inline(__always)
    fileprivate func varint(_ reader: inout Position, end: Int) -> Int? {
        guard reader.offset < end else { return nil }
        let byte = self[reader.offset]
        guard byte >= 0x80 else {
            reader.offset &+= 1
            return Int(byte)
        }
        return longVarint(&reader, end: end)
    }

    private func longVarint(_ reader: inout Position, end: Int) -> Int? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while reader.offset < end, shift < 63 {
            let byte = self[reader.offset]
            reader.offset &+= 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int(exactly: number) }
            shift &+= 7
        }
        return nil
    }

    /// Eight bytes as a number, the highest first.
    @inline(__always)
    fileprivate func number(at offset: Int) -> UInt64 { UInt64(bigEndian: word(at: offset)) }

    fileprivate func xid(_ name: String, in range: Range<Int>) throws(EventError) -> EventIdentifier {
        guard range.count == EventIdentifier.byteCount else {
            throw fault("\(name): not 12 bytes", at: range.lowerBound)
        }
        return EventIdentifier(
            upper: number(at: range.lowerBound),
            lower: UInt32(bigEndian: halfWord(at: range.lowerBound + 8))
        )
    }

    fileprivate func time(in range: Range<Int>) throws(EventError) -> Timestamp {
        let time: Timestamp
        switch range.count {
        case 8: time = Timestamp(nanosecondsSince1970: Int64(bitPattern: number(at: range.lowerBound)))
        case 12:
            time = Timestamp(
                seconds: Int64(bitPattern: number(at: range.lowerBound)),
                nanoseconds: UInt32(bigEndian: halfWord(at: range.lowerBound + 8))
            )
        default: throw fault("time: neither 8 nor 12 bytes", at: range.lowerBound)
        }
        guard time.hasRFC3339, time.nanoseconds < 1_000_000_000 else {
            throw fault("time: no such instant", at: range.lowerBound)
        }
        return time
    }

    fileprivate func text(_ name: String, in range: Range<Int>) throws(EventError) -> String {
        guard let text = validText(in: range) else { throw fault("\(name): invalid UTF-8", at: range.lowerBound) }
        return text
    }

    /// Bytes as text; `nil` when they are not well-formed UTF-8.
    fileprivate func validText(in range: Range<Int>) -> String? {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }

    fileprivate func copy(of range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
