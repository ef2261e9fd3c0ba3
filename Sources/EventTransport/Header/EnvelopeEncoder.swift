package import EventCore

/// Writes the header of the envelopes that one bus sends.
///
/// The header is `{"v":1,"origin":…,"id":…,"time":…,…,"seq":…,"n":…}`. The numbers come last, so that everything before
/// them can be written without the lock that they are taken under.
package struct EnvelopeEncoder: Sendable {
    private let start: [UInt8]

    package init(origin: String) {
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
    package func begin(_ header: inout JSONWriter, of envelope: Envelope) throws(EventError) {
        header.raw(start.span)
        header.identity(envelope.fields.identity)
        try header.metadata(of: envelope)
    }

    /// How many bytes ``finish(_:sequence:number:)`` appends at most.
    package static let maximumEndCount = 53

    /// Ends a header with the envelope's number on its subject, and that among all envelopes of the bus.
    package func finish(_ header: inout JSONWriter, sequence: UInt64, number: UInt64) {
        header.literal(",\"seq\":")
        header.integer(sequence)
        header.literal(",\"n\":")
        header.integer(number)
        header.literal("}")
    }
}
