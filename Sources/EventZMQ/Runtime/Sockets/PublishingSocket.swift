import EventCore
import EventTransport

/// A socket that publishes.
///
/// Whoever uses it holds the lock of the outbox: zmq_socket(3), "Applications MUST NOT use a socket from multiple
/// threads", except, zmq(7), where "full memory barriers" lie between.
final class PublishingSocket: @unchecked Sendable {
    // `@unchecked Sendable`: before it is in the outbox only its maker knows it, and there only the holder of the lock.
    enum Outcome: Equatable, Sendable {
        case sent
        /// Sent, but not to a subscriber whose queue is full.
        case sentExceptToFull
        case failed(Int32)
    }

    let socket: ZMQSocket
    private let message = ZMQMessage()
    private var peers = PeerReader()
    var topics = HeldTopics()

    init(_ socket: consuming ZMQSocket) {
        self.socket = socket
    }

    /// Sends a form of an envelope to every peer that wants it and whose queue has room.
    func send(_ form: OutgoingMessage.Form, of message: borrowing OutgoingMessage) -> Outcome {
        // With ZMQ_XPUB_NODROP a full queue is reported, once: the peer is not asked again until it has drained.
        // Sending once more without it reaches all the others.
        var isDropping = false
        defer { if isDropping { try? socket.set(.xpubNoDrop, 1) } }
        for place in message.places(of: form) {
            switch message.send(place, of: form, to: socket) {
            case .done: continue
            case .failed(let code): return .failed(code)
            case .wouldBlock: break
            }
            isDropping = true
            try? socket.set(.xpubNoDrop, 0)
            if case .failed(let code) = message.send(place, of: form, to: socket) { return .failed(code) }
        }
        return isDropping ? .sentExceptToFull : .sent
    }

    /// Tells a bus what has been published for it; like any message it is dropped when the bus's queue is full.
    func tell(_ bus: String, _ message: LedgerMessage) {
        socket.send([ControlTopic.inbox(bus: bus).bytes] + message.frames)
    }

    /// Takes notices of subscriptions, until there are none or so many messages have been read.
    ///
    /// - Returns: The notices, and whether nothing was left.
    func takeNotices(atMost limit: Int) -> (notices: [SubscriptionNotice], isAll: Bool) {
        var notices: [SubscriptionNotice] = []
        for _ in 0..<limit {
            guard case .done = socket.receive(into: message) else { return (notices, true) }
            // Peers may send messages of their own, of several frames, too. Whatever frame of them begins like a subscription
            // libzmq has taken for one, so each is read on its own.
            guard let notice = SubscriptionNotice(message, &peers) else { continue }
            if let connection = notice.connection {
                if notice.isSubscription {
                    topics.began(notice.topic.hashValue, over: connection)
                } else if !topics.ended(notice.topic.hashValue, over: connection) {
                    continue
                }
            }
            notices.append(notice)
        }
        return (notices, false)
    }
}
