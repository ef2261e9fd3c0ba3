import CZeroMQ

@testable import EventCore
@testable import EventTransport
@testable import EventZMQ

extension Decoder {
    /// A ledger message that was read comes back, in small frames, and has no more lines than its bytes can tell.
    static let ledgerMessage = Decoder(name: "ledger-message") { input in
        let frames = input.frames
        guard let message = LedgerMessage(frames: frames) else { return }
        require(message.lines.count * 4 <= input.count, "too many lines")
        require(message.frames.allSatisfy { $0.count <= 1000 }, "a frame that is too long")
        require(LedgerMessage(frames: message.frames) == message, "another message")
    }

    /// A notice comes back as the bytes that it was, and a topic of ours as what it says.
    static let subscriptionNotice = Decoder(name: "subscription-notice") { input in
        let message = ZMQMessage()
        unsafe zmq_msg_close(message.pointer)
        unsafe zmq_msg_init_size(message.pointer, input.count)
        unsafe input.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe zmq_msg_data(message.pointer).copyMemory(from: base, byteCount: bytes.count)
        }
        var peers = PeerReader()
        guard let notice = SubscriptionNotice(message, &peers) else { return }
        require(notice.connection == nil && notice.peer == nil && notice.user == nil, "nobody sent it")
        let topic =
            switch notice.topic {
            case .prefix(let prefix): prefix.topic
            case .control(let control): control.bytes
            case .unknown(let bytes): bytes
            }
        require([notice.isSubscription ? 1 : 0] + topic == input && notice.size == topic.count, "another topic")
        guard case .control(let control) = notice.topic else { return }
        require(control.bus.utf8.count == ControlTopic.idCount, "a bus without an id")
    }

    /// Who a peer says that it is comes back.
    static let peerIdentity = Decoder(name: "peer-identity") { input in
        guard let identity = PeerIdentity(input.text) else { return }
        require(PeerIdentity(identity.text) == identity, "another peer")
    }
}
