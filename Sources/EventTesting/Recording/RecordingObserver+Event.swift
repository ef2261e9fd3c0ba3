public import EventCore

extension RecordingObserver {
    /// One callback of an observer about an envelope.
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

    /// One callback of an observer, about an envelope or about a subscription.
    @nonexhaustive
    public enum Callback: Sendable, Hashable, CustomStringConvertible {
        /// `onPublish`, `onDeliver` or `onDrop`.
        case event(Event)

        /// `onSubscribe`: the subscription is about to be in effect.
        case subscribed(SubscriptionInfo)

        /// `onEnd`: nothing more is offered to the subscription.
        case ended(SubscriptionInfo, reason: SubscriptionEnd)

        /// The callback, when it was about an envelope.
        public var event: Event? {
            if case .event(let event) = self { event } else { nil }
        }

        /// The subscription the callback was about; nil for `onPublish`.
        public var subscription: SubscriptionID? {
            switch self {
            case .event(let event): event.subscription
            case .subscribed(let subscription), .ended(let subscription, _): subscription.id
            }
        }

        /// The callback in words.
        public var description: String {
            switch self {
            case .event(let event): event.description
            case .subscribed(let subscription): "subscribed \(subscription)"
            case .ended(let subscription, let reason): "ended \(subscription): \(reason.rawValue)"
            }
        }
    }
}
