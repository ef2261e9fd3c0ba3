/// Writes the compact form of an envelope up to its payload.
@usableFromInline
package struct CompactWriter: ~Copyable {
    @usableFromInline private(set) var output: ByteWriter

    @usableFromInline
    @unsafe init(on memory: UnsafeMutableBufferPointer<UInt8>) {
        output = unsafe ByteWriter(on: memory)
    }

    /// Runs `body` with a writer that needs no memory but the stack for up to 1000 bytes.
    @inlinable @inline(__always)
    package static func with<Result, Failure>(
        _ body: (inout CompactWriter) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1000) { memory throws(Failure) in
            var writer = unsafe CompactWriter(on: memory)
            return try body(&writer)
        }
    }

    /// How many bytes have been written.
    package var count: Int { output.count }

    /// Runs `body` on what has been written.
    @inlinable @inline(__always)
    package borrowing func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try output.withBytes(body)
    }

    // MARK: Envelopes

    /// Begins a frame for envelopes on a subject.
    package mutating func begin(_ subject: Subject) {
        output.append(CompactForm.firstByte)
        subject.rawValue.withUTF8Bytes { output.append($0) }
        output.append(CompactForm.endOfSubject)
    }

    /// Writes the fields of an envelope, the number first, and says how long a payload comes next.
    ///
    /// - Parameters:
    ///   - envelope: What to write.
    ///   - number: Its number; the first one of a frame may be written later, at ``CompactForm/placeOfNumber(subjectCount:)``.
    ///   - origin: Who publishes it, where that has to be said.
    ///   - payloadCount: How many bytes of payload follow in the frame.
    /// - Throws: ``EventError/malformedEnvelope(_:)`` when its time has no RFC 3339 form, which other forms are written in.
    package mutating func fields(
        of envelope: Envelope,
        number: UInt64,
        origin: EventIdentifier?,
        payloadCount: Int
    ) throws(EventError) {
        let storage = envelope.storage
        guard storage.fields.time.hasRFC3339 else {
            throw EventError.malformedEnvelope("the time lies outside the years 0000 to 9999").about(storage.fields)
        }
        begin(CompactForm.Field.number, count: 8)
        output.append(bigEndian: number)
        switch storage.fields.identity {
        case .unset: break
        case .xid(let xid): field(CompactForm.Field.id, xid)
        case .other(let text): field(CompactForm.Field.text, text)
        }
        time(storage.fields.time)
        if let origin { field(CompactForm.Field.origin, origin) }
        if let source = storage.fields.source, !source.isEmpty { field(CompactForm.Field.source, source) }
        if let traceID = storage.fields.traceID, !traceID.isEmpty { field(CompactForm.Field.traceID, traceID) }
        if let spanID = storage.fields.spanID, !spanID.isEmpty { field(CompactForm.Field.spanID, spanID) }
        if !storage.fields.headers.isEmpty {
            if storage.fields.headersAreWhole {
                headers(storage.fields.headers)
            } else {
                for member in storage.fields.headerFields.members { header(member.name, member.value) }
            }
        }
        begin(CompactForm.Field.payload, count: payloadCount)
    }

    /// Takes back what was written from a place on.
    package mutating func removeAll(from count: Int) {
        output.removeAll(from: count)
    }

    /// Writes the payload of the last envelope.
    package mutating func payload(_ bytes: Span<UInt8>) {
        output.append(bytes)
    }

    // MARK: Fields

    @inline(__always)
    private mutating func begin(_ name: UInt8, count: Int) {
        output.append(name)
        output.append(varint: count)
    }

    private mutating func field(_ name: UInt8, _ xid: EventIdentifier) {
        begin(name, count: EventIdentifier.byteCount)
        output.append(bigEndian: xid.upper)
        output.append(bigEndian: xid.lower)
    }

    private mutating func field(_ name: UInt8, _ text: String) {
        begin(name, count: text.utf8.count)
        append(text)
    }

    private mutating func append(_ text: String) {
        let written: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
            output.append(unsafe Span(_unsafeElements: $0))
        }
        if written == nil { output.append(Array(text.utf8).span) }
    }

    private mutating func time(_ time: Timestamp) {
        guard time != .unset else { return }
        if let nanoseconds = time.nanosecondsSince1970 {
            begin(CompactForm.Field.time, count: 8)
            output.append(bigEndian: UInt64(bitPattern: nanoseconds))
        } else {
            begin(CompactForm.Field.time, count: 12)
            output.append(bigEndian: UInt64(bitPattern: time.seconds))
            output.append(bigEndian: time.nanoseconds)
        }
    }

    /// Writes headers in the order of their names.
    private mutating func headers(_ headers: [String: String]) {
        var rest = headers.makeIterator()
        guard headers.count <= 2, let first = rest.next() else {
            for (name, value) in headers.sorted(by: { $0.key.precedes($1.key) }) { header(name, value) }
            return
        }
        // So many are usual, and need no array to be sorted.
        guard let second = rest.next() else { return header(first.key, first.value) }
        let isInOrder = first.key.precedes(second.key)
        if isInOrder { header(first.key, first.value) }
        header(second.key, second.value)
        if !isInOrder { header(first.key, first.value) }
    }

    private mutating func header(_ name: String, _ value: String) {
        let nameCount = name.utf8.count
        let lengthCount = nameCount < 0x80 ? 1 : (UInt.bitWidth - nameCount.leadingZeroBitCount + 6) / 7
        begin(CompactForm.Field.header, count: lengthCount + nameCount + value.utf8.count)
        output.append(varint: nameCount)
        append(name)
        append(value)
    }
}

extension Timestamp {
    private static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// Nanoseconds since 1970; `nil` of instants too far from then, before 1678 or after 2262.
    var nanosecondsSince1970: Int64? {
        guard (-9_223_372_036..<9_223_372_036).contains(seconds) else { return nil }
        return seconds &* Self.nanosecondsPerSecond &+ Int64(nanoseconds)
    }

    init(nanosecondsSince1970 nanoseconds: Int64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(floorDividingBy: Self.nanosecondsPerSecond)
        self.init(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: rest))
    }
}
