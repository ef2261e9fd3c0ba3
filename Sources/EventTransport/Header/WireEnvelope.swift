package import EventCore

/// An envelope as it came off the wire, with what its header says beyond that.
package struct WireEnvelope: Sendable {
    /// The only version there is.
    package static let version: UInt64 = 1

    package var envelope: Envelope
    /// Which bus sent it; `nil` when it came from something else.
    package var origin: String?
    /// Whether the connection that it came over names that bus.
    package var isFromOrigin = false
    /// Its number among what that bus sent on the subject.
    package var sequence: UInt64?
    /// Its number among all that bus sent.
    package var number: UInt64?
}

extension WireEnvelope {
    /// An envelope that came in the compact form.
    package init(_ received: CompactDecoder.Received) {
        self.init(
            envelope: received.envelope,
            origin: received.origin,
            isFromOrigin: received.origin != nil && !received.namesOrigin,
            number: received.number
        )
    }
}
