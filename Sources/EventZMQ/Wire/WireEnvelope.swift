import EventCore

/// An envelope as it came off the wire, with what its header says beyond that.
struct WireEnvelope: Sendable {
    /// The only version there is.
    static let version: UInt64 = 1

    var envelope: Envelope
    /// Which bus sent it; `nil` when it came from something else.
    var origin: String?
    /// Whether the connection that it came over names that bus.
    var isFromOrigin = false
    /// Its number among what that bus sent on the subject.
    var sequence: UInt64?
    /// Its number among all that bus sent.
    var number: UInt64?
}

extension WireEnvelope {
    init(_ received: CompactDecoder.Received) {
        self.init(
            envelope: received.envelope,
            origin: received.origin,
            isFromOrigin: received.origin != nil && !received.namesOrigin,
            number: received.number
        )
    }
}
