import EventCore

/// What buses other than ours have in common, so that each row is written once for all of them.
protocol PeerBus: Sendable {
    /// What it takes to read, and to end a subscription.
    associatedtype Reader: Sendable

    /// Subscribes to one subject; most have no wildcards.
    func subscribe(to subject: String) async -> Reader
    /// Ends a subscription.
    func unsubscribe(_ reader: Reader) async
    /// Passes an envelope to every subscriber of its subject.
    func publish(_ envelope: Envelope) async
}

/// A peer whose subscribers can wait for an envelope.
protocol ReadablePeerBus: PeerBus {
    /// Takes so many envelopes, one after the other.
    func read(_ count: Int, from reader: Reader) async
}
