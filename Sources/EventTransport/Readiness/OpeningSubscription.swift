public import EventCore

/// A subscription that collects already and that its caller does not have yet.
///
/// A transport opens one with `MemoryBus.open(_:options:onTermination:)`, waits until others know of it, and answers with
/// what ``begin()`` returns. Meanwhile nobody can read from it, so the capacity that was asked for does not count: what
/// arrives is kept, up to ``/EventCore/SubscriptionOptions/maximumBufferCapacity``. It ends when nothing refers to it any more.
public struct OpeningSubscription: Sendable {
    private let mailbox: Mailbox
    private let capacity: Int
    private let subscription: Subscription

    /// Wraps a mailbox that was made with the greatest capacity and is to get this one.
    package init(_ mailbox: Mailbox, capacity: Int) {
        self.mailbox = mailbox
        self.capacity = capacity
        subscription = Subscription(mailbox)
    }

    /// Lets the capacity count from now on.
    ///
    /// To be called once, straight before `subscribe` returns.
    ///
    /// - Returns: The subscription for the caller.
    public func begin() -> Subscription {
        mailbox.begin(capacity: capacity)
        return subscription
    }

    /// The group that the subscription is a member of.
    package var group: MailboxGroup? { mailbox.group }

    /// Gives the subscription up, for a call of `subscribe` that throws.
    ///
    /// - Parameter end: What the observer is told.
    public func close(_ end: SubscriptionEnd = .closed) {
        mailbox.close(end)
    }
}
