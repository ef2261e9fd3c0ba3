public import EventCore

extension RecordingObserver {
    /// One callback of an observer.
    @nonexhaustive
    public enum Event: Sendable, Hashable, CustomStringConvertible {
        /// `onPublish`: the envelope is about to be offered to the subscriptions.
        case published(Envelope)

        /// `onDeliver`: the envelope is in the buffer of the subscription.
        case delivered(Envelope, to: SubscriptionID)

        /// `onDrop`: the subscription will not see the envelope.
        case dropped(Envelope, from: SubscriptionID, reason: DropReason)

        /// The envelope the callback was about.
        public var envelope: Envelope {
            switch self {
            case .published(let envelope), .delivered(let envelope, _), .dropped(let envelope, _, _): envelope
            }
        }

        /// The subscription the callback was about; nil for `onPublish`.
        public var subscription: SubscriptionID? {
            switch self {
            case .published: nil
            case .delivered(_, let subscription), .dropped(_, let subscription, _): subscription
            }
        }

        /// The callback in words, with the envelope's subject and id.
        public var description: String {
            let name = envelope.name
            return switch self {
            case .published: "published \(name)"
            case .delivered(_, let subscription): "delivered \(name) to \(subscription)"
            case .dropped(_, let subscription, let reason): "dropped \(name) from \(subscription): \(reason.rawValue)"
            }
        }
    }
}
