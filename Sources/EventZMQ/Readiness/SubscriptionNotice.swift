import EventCore
import EventTransport

/// What a publishing socket says of its peers' subscriptions.
struct SubscriptionNotice: Sendable {
    enum Topic: Sendable, Hashable {
        case prefix(WirePrefix)
        case control(ControlTopic)
        /// Begins as one of ours do, and is none.
        case unknown([UInt8])
    }

    var topic: Topic
    /// How many bytes the topic has.
    var size: Int
    /// Whether a subscription began; otherwise it ended.
    var isSubscription: Bool
    /// The connection it came over; `nil` when libzmq says it on behalf of one that is gone.
    var connection: Int32?
    /// Who is at the other end, as the handshake told.
    var peer: PeerIdentity?
    /// Which version of the wire format it speaks, if it has told.
    var wire: Int?
    /// Whether it takes no message as long as a batch.
    var isNarrow = false
    /// What the handshake has proved of it, where a bus insists on that.
    var user: String?
    /// Whether the bus that it says it is belongs to somebody else.
    var isForeign = false

    /// Whose it is.
    ///
    /// Of those who speak for another it is not the other's: their subscriptions are plain ones, and what they announce is
    /// nobody's.
    var bus: String? {
        guard isForeign else { return peer?.bus }
        if case .control = topic { return "" }
        return nil
    }

    /// Whether it comes from a bus that does not know the compact form, and announces what it asks for in plain.
    var isOfPlainBus: Bool { peer != nil && wire ?? WireVersion.unsaid == WireVersion.unsaid }

    /// Reads a message; `nil` when it is no notice.
    init?(_ message: borrowing ZMQMessage, _ peers: inout PeerReader) {
        let bytes = message.bytes
        guard let first = bytes.first, first <= 1 else { return nil }
        isSubscription = first == 1
        let text = bytes.dropFirst()
        size = text.count
        if text.first == ControlTopic.firstByte {
            // libzmq keeps it all the same.
            topic = ControlTopic(text).map(Topic.control) ?? .unknown(Array(text))
        } else {
            let isPlain = text.first != CompactForm.firstByte
            topic = .prefix(WirePrefix(Array(isPlain ? text : text.dropFirst()), isPlain: isPlain))
        }
        let connection = message.connection
        self.connection = connection < 0 ? nil : connection
        peer = peers.peer(of: message)
        wire = peers.wire(of: message)
        isNarrow = peers.isNarrow(message)
        user = peers.user(of: message)
    }
}
