/// Follows what readers take from a subscription, which an ``Observer`` does not see.
package protocol SubscriptionMeter: Sendable {
    /// A reader took an envelope.
    func onTake()
    /// Nothing is left to take and nothing will be, or nothing refers to the subscription any more; may be called several
    /// times, and before the last calls of ``onTake()`` on other threads.
    func onEnd()
}
