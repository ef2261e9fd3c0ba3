@testable import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Decoder {
    /// A decoder that remembers reads each frame as a fresh one does, and what was read comes back.
    static let compactEnvelope = Decoder(name: "compact-envelope") { input in
        var remembering = CompactDecoder()
        for frame in [input, input, Array(input.dropLast())] {
            var fresh = CompactDecoder()
            let (read, fault) = fresh.read(frame)
            let (again, same) = remembering.read(frame)
            require(isSame(read, again) && fault == same, "memory makes a difference")
            require(read.count <= frame.count / 2, "more than there can be")
            for received in read {
                let written = unwrap(received.frame, "what was read is not written")
                let (back, fault) = fresh.read(written)
                require(fault == nil && back.count == 1, "what was written is not read")
                require(back[0].envelope == received.envelope && back[0].origin == received.origin, "another envelope")
                require(back[0].number == received.number ?? 0, "another number")
            }
        }
    }
}

private func isSame(_ left: [CompactDecoder.Received], _ right: [CompactDecoder.Received]) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy {
            $0.envelope == $1.envelope && $0.origin == $1.origin && $0.number == $1.number
        }
}

extension CompactDecoder {
    fileprivate mutating func read(_ frame: [UInt8]) -> ([Received], EventError?) {
        var received: [Received] = []
        do throws(EventError) {
            try decode(frame.span, from: { nil }) { received.append($0) }
            return (received, nil)
        } catch {
            switch error {
            case .invalidSubject, .malformedEnvelope: return (received, error)
            default: fatalError("another error: \(error)")
            }
        }
    }
}

extension CompactDecoder.Received {
    /// The frame that a bus would send.
    fileprivate var frame: [UInt8]? {
        let origin = origin.flatMap { EventIdentifier(Array($0.utf8).span) }
        return try? CompactWriter.with { writer throws(EventError) in
            writer.begin(envelope.subject)
            let count = envelope.payloadCount
            try writer.fields(of: envelope, number: number ?? 0, origin: origin, payloadCount: count)
            writer.payload(Array(envelope.payload ?? Data()).span)
            return writer.withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
        }
    }
}
