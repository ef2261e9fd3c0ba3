import EventCore
import EventTransport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How an envelope is written into a log and read from it: as a bus of this package sends it, with its id in the header that
/// the server tells repetitions by.
struct LogWire: Sendable {
    let stream: String
    let namespace: Namespace
    private var decoder = EnvelopeDecoder()

    init(stream: String, namespace: Namespace) {
        (self.stream, self.namespace) = (stream, namespace)
    }

    /// What is longer than this the server would not take for a line of its protocol.
    private static let maximumSubjectCount = 3500

    /// The message for an envelope that has all it needs.
    ///
    /// - Throws: ``EventError/malformedEnvelope(_:)`` when its time has no text form; ``EventError/invalidSubject(_:)``.
    static func request(for envelope: Envelope, in namespace: Namespace) throws(EventError) -> LogRequest {
        let wire = namespace.wire(envelope.subject)
        guard wire.count <= maximumSubjectCount else {
            throw .invalidSubject("its escaped form exceeds \(maximumSubjectCount) bytes")
        }
        let header = try JSONWriter.with { writer throws(EventError) in
            writer.literal("{\"v\":")
            writer.integer(WireEnvelope.version)
            writer.literal(",\"id\":")
            writer.identity(envelope.fields.identity)
            try writer.metadata(of: envelope)
            writer.literal("}")
            return writer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) + [0] } }
        }
        // Header values lose blanks at their ends, and line ends.
        var id: [UInt8] = []
        SubjectEscape.append(envelope.id, to: &id)
        id.append(0)
        return LogRequest(
            wire: wire,
            headers: [("EB", header), ("Nats-Msg-Id", id)],
            body: envelope.payload ?? Data(),
            isBounded: true
        )
    }

    /// How many bytes headers and body have together.
    static func size(of request: LogRequest) -> Int {
        let headers = request.headers.reduce(12) { $0 + $1.name.utf8CodeUnitCount + $1.value.count + 3 }
        return headers + request.body.count
    }

    /// Reads what a consumer has sent.
    ///
    /// - Returns: The entry; `nil` when its subject is none of the namespace.
    /// - Throws: ``EventError`` when it is no envelope.
    mutating func read(_ message: borrowing NATSMessage, _ mark: DeliveryMark) throws(EventError) -> NATSLogEntry? {
        let result: Result<Envelope?, EventError> = message.withSubject { wire in
            guard let range = namespace.range(in: wire) else { return .success(nil) }
            let wire = wire.extracting(range)
            do throws(EventError) {
                guard !SubjectEscape.isPlain(wire) else { return .success(try read(message, on: wire, mark)) }
                return .success(try read(message, on: SubjectEscape.text(of: wire).span, mark))
            } catch {
                return .failure(error)
            }
        }
        guard let envelope = try result.get() else { return nil }
        return NATSLogEntry(
            envelope: envelope,
            sequence: mark.streamSequence,
            time: mark.time.date,
            remaining: mark.pending
        )
    }

    private mutating func read(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>,
        _ mark: DeliveryMark
    ) throws(EventError) -> Envelope {
        let result: Result<Envelope, EventError> = message.withHeader("EB") { header in
            do throws(EventError) {
                if let header {
                    return .success(try decoder.decode(subject: subject, header: header) { message.data }.envelope)
                }
                if let envelope = try readCompact(message, on: subject) { return .success(envelope) }
                return .success(try readForeign(message, on: subject, mark))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads what a bus has sent in the body, of which a log has one envelope for each message.
    ///
    /// - Returns: `nil` when it is no such message.
    private func readCompact(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>
    ) throws(EventError) -> Envelope? {
        let result = message.withBody { bytes -> Result<Envelope, EventError>? in
            guard CompactForm.begins(bytes, with: subject) else { return nil }
            var envelopes: [Envelope] = []
            return Result { () throws(EventError) in
                var decoder = CompactDecoder()
                try decoder.decode(bytes, from: { nil }) { envelopes.append($0.envelope) }
                guard envelopes.count == 1 else {
                    throw .malformedEnvelope("\(envelopes.count) envelopes in one message, of a bus with form=body")
                }
                return envelopes[0]
            }
        }
        return try result?.get()
    }

    /// Reads what a program has sent that knows nothing of envelopes.
    private func readForeign(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>,
        _ mark: DeliveryMark
    ) throws(EventError) -> Envelope {
        let text = unsafe subject.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .invalidSubject("invalid UTF-8") }
        var fields = Envelope.Fields(subject: try Subject(validating: text))
        fields.time = mark.time
        fields.headers = message.headers
        fields.identity = EnvelopeIdentity(fields.headers["Nats-Msg-Id"] ?? "\(stream).\(mark.streamSequence)")
        let data = message.data
        if !data.isEmpty { fields.payload = data }
        return Envelope(fields)
    }
}
