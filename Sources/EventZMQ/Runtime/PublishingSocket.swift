import EventCore

/// A socket that publishes, and whether anybody listens to it.
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

    let id: Int
    var hasInterest = false
    let socket: ZMQSocket
    private let message = ZMQMessage()

    init(id: Int, _ socket: consuming ZMQSocket) {
        self.id = id
        self.socket = socket
    }

    /// Sends an envelope's three frames to every peer whose queue has room.
    func send(subject: Span<UInt8>, header: Span<UInt8>, payload: Span<UInt8>) -> Outcome {
        // With ZMQ_XPUB_NODROP a full queue is reported, once: the peer is not asked again until it has drained.
        // Sending once more without it reaches all the others.
        var isDropping = false
        defer { if isDropping { try? socket.set(.xpubNoDrop, 1) } }
        if let code = send(subject, .middle, &isDropping) { return .failed(code) }
        if let code = send(header, .middle, &isDropping) { return .failed(code) }
        if let code = send(payload, .last, &isDropping) { return .failed(code) }
        return isDropping ? .sentExceptToFull : .sent
    }

    @inline(__always)
    private func send(_ frame: Span<UInt8>, _ place: ZMQSocket.Place, _ isDropping: inout Bool) -> Int32? {
        switch socket.send(frame, place) {
        case .done: return nil
        case .failed(let code): return code
        case .wouldBlock: break
        }
        isDropping = true
        try? socket.set(.xpubNoDrop, 0)
        guard case .failed(let code) = socket.send(frame, place) else { return nil }
        return code
    }

    /// Sends a control message, which may be lost like any other.
    func answer(_ topic: [UInt8], with bus: [UInt8]) {
        guard case .done = socket.send(topic.span, .middle) else { return }
        _ = socket.send(bus.span, .last)
    }

    /// What was read in one go.
    struct Notices: Sendable {
        /// Each a byte 1 or 0 before the topic.
        var topics: [[UInt8]] = []
        /// Whether nothing was left.
        var isAll = true
    }

    /// Takes notices of subscriptions, until there are none or so many messages have been read.
    func takeNotices(atMost limit: Int) -> Notices {
        var notices = Notices()
        for _ in 0..<limit {
            guard case .done = socket.receive(into: message) else { return notices }
            // Peers may send messages of their own, which look like nothing that is expected here.
            guard !message.hasMore else {
                while message.hasMore { guard case .done = socket.receive(into: message) else { break } }
                continue
            }
            let bytes = message.bytes
            if let first = bytes.first, first <= 1 { notices.topics.append(bytes) }
        }
        notices.isAll = false
        return notices
    }
}
