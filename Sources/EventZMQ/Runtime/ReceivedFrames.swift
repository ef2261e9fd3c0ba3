import EventCore

/// The frames of one message, in memory that is used again for each.
final class ReceivedFrames {
    private let first = ZMQMessage()
    private let second = ZMQMessage()
    private let third = ZMQMessage()
    private let rest = ZMQMessage()
    private var count = 0

    /// Receives a message, if there is one; frames beyond the third are thrown away.
    func receive(from socket: borrowing ZMQSocket) -> Bool {
        // A message arrives whole or not at all, so only its first frame can be missing.
        guard case .done = socket.receive(into: first) else { return false }
        count = 1
        guard first.hasMore, case .done = socket.receive(into: second) else { return true }
        count = 2
        guard second.hasMore, case .done = socket.receive(into: third) else { return true }
        count = 3
        guard third.hasMore else { return true }
        repeat { guard case .done = socket.receive(into: rest) else { break } } while rest.hasMore
        return true
    }

    /// Whether the message is for the bus rather than its subscribers.
    var isControl: Bool { first.withBytes { $0.count > 0 && $0[0] == ControlTopic.firstByte } }

    var topic: [UInt8] { first.bytes }

    /// The descriptor of the connection that the message came over.
    var connection: Int32 { first.connection }

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
