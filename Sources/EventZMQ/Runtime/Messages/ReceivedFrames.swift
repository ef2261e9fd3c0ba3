import EventCore
import EventTransport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The frames of one message, in memory that is used again for each.
final class ReceivedFrames {
    private let first = ZMQMessage()
    private let second = ZMQMessage()
    private let third = ZMQMessage()
    private let rest = ZMQMessage()
    private var count = 0
    /// What follows the second frame of a control message.
    private var further: [[UInt8]] = []

    /// So many frames of a control message are kept; a ledger message has fewer.
    private static let maximumFurtherCount = 1 << 14

    /// Receives a message, if there is one; frames of an envelope beyond the third are thrown away.
    func receive(from socket: borrowing ZMQSocket) -> Bool {
        // A message arrives whole or not at all, so only its first frame can be missing.
        guard case .done = socket.receive(into: first) else { return false }
        count = 1
        guard first.hasMore, case .done = socket.receive(into: second) else { return true }
        count = 2
        if kind == .control {
            receiveFurther(from: socket)
            return true
        }
        guard second.hasMore, case .done = socket.receive(into: third) else { return true }
        count = 3
        guard third.hasMore else { return true }
        repeat { guard case .done = socket.receive(into: rest) else { break } } while rest.hasMore
        return true
    }

    private func receiveFurther(from socket: borrowing ZMQSocket) {
        further.removeAll(keepingCapacity: true)
        var hasMore = second.hasMore
        while hasMore, case .done = socket.receive(into: rest) {
            if further.count < Self.maximumFurtherCount { further.append(rest.bytes) }
            hasMore = rest.hasMore
        }
    }

    /// What a message is, as its first byte tells.
    enum Kind {
        /// It is for the bus rather than its subscribers.
        case control
        /// Envelopes in one frame, and maybe a payload in another.
        case compact
        /// An envelope in frames of its own, or anything else.
        case plain
    }

    var kind: Kind {
        first.withBytes { bytes in
            guard bytes.count > 0 else { return .plain }
            switch bytes[0] {
            case ControlTopic.firstByte: return .control
            case CompactForm.firstByte: return .compact
            default: return .plain
            }
        }
    }

    var topic: [UInt8] { first.bytes }

    /// The frames of a control message behind its topic.
    var body: [[UInt8]] { count > 1 ? [second.bytes] + further : [] }

    /// Who sent the message, as the handshake of its connection told.
    func peer(_ peers: inout PeerReader) -> PeerIdentity? { peers.peer(of: first) }

    /// Which version of the wire format the sender of the message speaks.
    func wire(_ peers: inout PeerReader) -> Int? { peers.wire(of: first) }

    /// What the handshake has proved of who sent the message.
    func user(_ peers: inout PeerReader) -> String? { peers.user(of: first) }

    /// The descriptor of the connection that the message came over.
    var connection: Int32 { first.connection }

    /// Reads a message of the compact form.
    ///
    /// - Parameters:
    ///   - decoder: What reads it.
    ///   - sender: The bus that the connection names.
    ///   - body: Called with each envelope.
    /// - Throws: ``EventError/invalidSubject(_:)`` or ``EventError/malformedEnvelope(_:)``.
    func decodeCompact(
        with decoder: inout CompactDecoder,
        from sender: () -> String?,
        _ body: (consuming CompactDecoder.Received) -> Void
    ) throws(EventError) {
        try first.withBytes { frame throws(EventError) in
            let payload: (() -> Data)? = count > 1 ? { self.second.takeData() } : nil
            try decoder.decode(frame, from: sender, payload: payload, body)
        }
    }

    /// - Throws: ``EventError/invalidSubject(_:)`` or ``EventError/malformedEnvelope(_:)``.
    func decode(with decoder: inout EnvelopeDecoder) throws(EventError) -> WireEnvelope {
        switch count {
        case 1: throw .malformedEnvelope("the message has one frame")
        case 2:
            return try first.withBytes { subject throws(EventError) in
                try second.withBytes { envelope throws(EventError) in
                    try decoder.decode(subject: subject, envelope: envelope)
                }
            }
        default:
            return try first.withBytes { subject throws(EventError) in
                try second.withBytes { header throws(EventError) in
                    try decoder.decode(subject: subject, header: header) { third.takeData() }
                }
            }
        }
    }
}
