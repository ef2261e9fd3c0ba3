/// Follows what readers take from a subscription, which an ``Observer`` does not see.
package protocol SubscriptionMeter: Sendable {
    /// A reader took an envelope.
    func onTake()
    /// Nothing is left to take, or nothing refers to the subscription any more; may be called several times.
    func onEnd()
}
