@testable import EventCore
@testable import EventTransport
@testable import EventZMQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Decoder {
    /// An envelope that was read comes back from its JSON form, which is no longer than escapes can make it.
    static let envelopeJSON = Decoder(name: "envelope-json") { input in
        let envelope: Envelope
        do throws(EventError) {
            envelope = try Envelope(json: input.span)
        } catch {
            guard case .malformedEnvelope = error else { fatalError("another error: \(error)") }
            return
        }
        let json = unwrap(try? envelope.jsonData(), "what was read is not written")
        require(json.count <= 6 * input.count + 100, "too long")
        let again = unwrap(try? Envelope(jsonData: json), "what was written is not read")
        require(again == envelope, "another envelope")
        require((try? again.jsonData()) == json, "written otherwise")
    }

    /// A decoder that remembers reads each message as a fresh one does, and what was read comes back over the wire.
    ///
    /// Three frames make a message: subject, header and payload; two at the end are a subject and an envelope.
    static let wireEnvelope = Decoder(name: "wire-envelope") { input in
        let frames = input.frames
        var remembering = EnvelopeDecoder()
        for start in stride(from: 0, to: frames.count - 1, by: 3) {
            let message = frames[start..<min(start + 3, frames.count)]
            var fresh = EnvelopeDecoder()
            let read = fresh.read(message)
            require(isSame(remembering.read(message), read), "memory makes a difference")
            guard case .success(let received) = read, message.count == 3 else { continue }
            let header = unwrap(received.header, "what was read is not written")
            let subject = Array(received.envelope.subject.rawValue.utf8)
            guard case .success(let again) = fresh.read([subject, header, message[start + 2]]) else {
                fatalError("what was written is not read")
            }
            require(again.envelope == received.envelope, "another envelope")
            require(again.origin == received.origin ?? WireEnvelope.unknownOrigin, "another origin")
            require(again.sequence == received.sequence ?? 0 && again.number == received.number ?? 0, "other numbers")
        }
    }
}

private func isSame(_ left: Result<WireEnvelope, EventError>, _ right: Result<WireEnvelope, EventError>) -> Bool {
    switch (left, right) {
    case (.success(let left), .success(let right)):
        left.envelope == right.envelope && left.origin == right.origin && left.sequence == right.sequence
            && left.number == right.number
    case (.failure(let left), .failure(let right)): left == right
    default: false
    }
}

extension EnvelopeDecoder {
    fileprivate mutating func read(_ message: ArraySlice<[UInt8]>) -> Result<WireEnvelope, EventError> {
        let frames = Array(message)
        let (subject, header) = (frames[0], frames[1])
        do throws(EventError) {
            let received =
                if frames.count == 2 {
                    try decode(subject: subject.span, envelope: header.span)
                } else {
                    try decode(subject: subject.span, header: header.span) { Data(frames[2]) }
                }
            return .success(received)
        } catch {
            switch error {
            case .invalidSubject, .malformedEnvelope: return .failure(error)
            default: fatalError("another error: \(error)")
            }
        }
    }
}

extension WireEnvelope {
    fileprivate static let unknownOrigin = "unknown"

    /// The header that a bus would send.
    fileprivate var header: [UInt8]? {
        let encoder = EnvelopeEncoder(origin: origin ?? Self.unknownOrigin)
        return try? JSONWriter.with { writer in
            try encoder.begin(&writer, of: envelope)
            encoder.finish(&writer, sequence: sequence ?? 0, number: number ?? 0)
            return writer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
        }
    }
}
