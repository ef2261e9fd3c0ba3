import EventCore

/// Writes the header of the envelopes that one bus sends.
///
/// The header is `{"v":1,"origin":…,"id":…,"time":…,…,"seq":…}`. The number comes last, so that everything before it
/// can be written without the lock that numbers are taken under.
struct EnvelopeEncoder: Sendable {
    private let start: [UInt8]

    init(origin: String) {
        start = JSONWriter.with { writer in
            writer.literal("{\"v\":")
            writer.integer(WireEnvelope.version)
            writer.literal(",\"origin\":")
            writer.string(origin)
            writer.literal(",\"id\":")
            return writer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
        }
    }

    /// Begins the header of an envelope.
    ///
    /// - Throws: ``EventError/malformedEnvelope(_:)`` when its time has no RFC 3339 form.
    func begin(_ header: inout JSONWriter, of envelope: Envelope) throws(EventError) {
        header.raw(start.span)
        header.identity(envelope.fields.identity)
        try header.metadata(of: envelope)
    }

    /// Ends a header with the envelope's number.
    func finish(_ header: inout JSONWriter, sequence: UInt64) {
        header.literal(",\"seq\":")
        header.integer(sequence)
        header.literal("}")
    }
}
