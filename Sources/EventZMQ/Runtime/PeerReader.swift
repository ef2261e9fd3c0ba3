import CZeroMQ

/// Reads from messages who sent them, and remembers the last, because they come in runs.
struct PeerReader: Sendable {
    private var lastText: [CChar] = []
    private var last: PeerIdentity?

    private var lastUserText: [CChar] = []
    private var lastUser: String?

    /// What the handshake has proved of who sent a frame, where a bus insists on that; `nil` where it proved nothing.
    ///
    /// Elsewhere a peer may say here what it likes.
    mutating func user(of message: borrowing ZMQMessage) -> String? {
        unsafe message.withProperty("User-Id") { text in
            guard let text = unsafe text else { return nil }
            if !lastUserText.isEmpty, unsafe strcmp(text, lastUserText) == 0 { return lastUser }
            lastUser = unsafe String(cString: text)
            lastUserText = unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
            return lastUser
        }
    }

    /// Who sent a frame, as the handshake of its connection told; `nil` of peers that are no buses.
    mutating func peer(of message: borrowing ZMQMessage) -> PeerIdentity? {
        unsafe message.withProperty(PeerIdentity.property) { text in
            guard let text = unsafe text else { return nil }
            if !lastText.isEmpty, unsafe strcmp(text, lastText) == 0 { return last }
            last = unsafe PeerIdentity(String(cString: text))
            lastText = unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
            return last
        }
    }
}
