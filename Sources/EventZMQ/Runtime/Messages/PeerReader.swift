import CZeroMQ

/// Reads from messages who sent them, and remembers the last, because they come in runs.
struct PeerReader: Sendable {
    /// What a text stands for, kept until there is another text.
    private struct Last<Value: Sendable>: Sendable {
        private var text: [CChar] = []
        private var value: Value?

        mutating func value(of text: UnsafePointer<CChar>?, _ make: (String) -> Value?) -> Value? {
            guard let text = unsafe text else { return nil }
            if !self.text.isEmpty, unsafe strcmp(text, self.text) == 0 { return value }
            value = unsafe make(String(cString: text))
            self.text = unsafe Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
            return value
        }
    }

    private var lastUser = Last<String>()
    private var lastPeer = Last<PeerIdentity>()
    private var lastWire = Last<Int>()

    /// What the handshake has proved of who sent a frame, where a bus insists on that; `nil` where it proved nothing.
    ///
    /// Elsewhere a peer may say here what it likes.
    mutating func user(of message: borrowing ZMQMessage) -> String? {
        unsafe message.withProperty("User-Id") { unsafe lastUser.value(of: $0) { $0 } }
    }

    /// Who sent a frame, as the handshake of its connection told; `nil` of peers that are no buses.
    mutating func peer(of message: borrowing ZMQMessage) -> PeerIdentity? {
        unsafe message.withProperty(PeerIdentity.property) { unsafe lastPeer.value(of: $0) { PeerIdentity($0) } }
    }

    /// Which version of the wire format the sender of a frame speaks; `nil` when it does not say.
    mutating func wire(of message: borrowing ZMQMessage) -> Int? {
        unsafe message.withProperty(WireVersion.property) { unsafe lastWire.value(of: $0) { Int($0) } }
    }

    /// Whether the sender of a frame takes no message as long as a batch.
    func isNarrow(_ message: borrowing ZMQMessage) -> Bool {
        unsafe message.withProperty(PeerIdentity.narrowProperty) { unsafe $0 != nil }
    }
}
