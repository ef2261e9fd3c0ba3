/// Told what a bus does with every envelope and which subscriptions it has, for metrics, tests and logs.
///
/// For each subscription a bus calls ``onSubscribe(_:)`` once, before any other callback about it and before `subscribe`
/// returns, and ``onEnd(_:reason:)`` once, whichever way it ends. A publish that is in progress then may still tell of an
/// envelope afterwards; nothing new is offered to the subscription.
///
/// For each envelope a bus calls ``onPublish(_:)`` once, then one of the other two for every subscription whose pattern
/// and predicate match: also when the bus is closed meanwhile, by a predicate or another task, which is
/// ``DropReason/closed``. A publisher that waits for room then throws although its envelope was announced; no other does.
///
/// An observer is called outside every lock of the bus and possibly from several threads at once. So callbacks about one
/// envelope come in the order above only as far as one publisher makes them: with ``BackpressurePolicy/dropOldest`` another
/// publisher may evict an envelope and tell so before its own publisher tells of its delivery, and a reader may take an
/// envelope before its delivery is told. It must return promptly, and must not call the bus. Requirements left out do
/// nothing.
public protocol Observer: Sendable {
    /// An envelope was published, before it is known who gets it.
    ///
    /// - Parameter envelope: The envelope, with id, time and trace ids filled.
    func onPublish(_ envelope: Envelope)

    /// An envelope went into a subscription's buffer, or straight to a task that waited for it.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who received it.
    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID)

    /// A subscription will not receive an envelope that matches.
    ///
    /// - Parameters:
    ///   - envelope: The envelope that is lost to it. With ``BackpressurePolicy/dropOldest`` this is one that was in the
    ///     buffer before; where several tasks publish, ``onDeliver(_:to:)`` for it may still be about to be called.
    ///   - subscription: Who does not receive it.
    ///   - reason: Why.
    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason)

    /// A subscription begins.
    ///
    /// - Parameter subscription: What it is; its caller may not have it yet, and may never get it when `subscribe` throws.
    func onSubscribe(_ subscription: SubscriptionInfo)

    /// A subscription has ended: nothing more is offered to it. What it has buffered can still be read.
    ///
    /// - Parameters:
    ///   - subscription: What ``onSubscribe(_:)`` was told.
    ///   - reason: What ended it; when several things did at once, one of them.
    func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd)
}

extension Observer {
    /// Does nothing.
    ///
    /// - Parameter envelope: The envelope.
    public func onPublish(_ envelope: Envelope) {}

    /// Does nothing.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who received it.
    public func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {}

    /// Does nothing.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who does not receive it.
    ///   - reason: Why.
    public func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {}

    /// Does nothing.
    ///
    /// - Parameter subscription: What begins.
    public func onSubscribe(_ subscription: SubscriptionInfo) {}

    /// Does nothing.
    ///
    /// - Parameters:
    ///   - subscription: What has ended.
    ///   - reason: What ended it.
    public func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {}
}

/// Why a subscription did not receive an envelope that matches, or lost one that it had.
@nonexhaustive
public enum DropReason: String, Sendable, Hashable, CaseIterable, Codable {
    /// The buffer was full.
    case bufferFull = "buffer_full"
    /// The subscription or the bus was closed first.
    case closed = "closed"
    /// The publishing task was cancelled while it waited for room.
    case cancelled = "cancelled"
}

/// Stands where nobody observes: an optional observer would be copied for each call of it.
package struct Unobserved: Observer {
    package init() {}
}
