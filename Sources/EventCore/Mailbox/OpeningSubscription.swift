/// A subscription that collects already and that its caller does not have yet.
///
/// Nobody can read from it, so the capacity it was asked for does not count: what arrives is kept, up to
/// ``SubscriptionOptions/maximumBufferCapacity``.
package struct OpeningSubscription: Sendable {
    private let mailbox: Mailbox
    private let capacity: Int
    private let subscription: Subscription

    /// Wraps a mailbox that was made with the greatest capacity and is to get this one.
    package init(_ mailbox: Mailbox, capacity: Int) {
        self.mailbox = mailbox
        self.capacity = capacity
        subscription = Subscription(mailbox)
    }

    /// The capacity counts from now on.
    package func begin() -> Subscription {
        mailbox.begin(capacity: capacity)
        return subscription
    }

    /// Gives it up.
    package func close() {
        subscription.close()
    }
}
