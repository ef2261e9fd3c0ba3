public import EventCore

/// A bus that discards what is published, for code that needs a bus nobody listens to.
///
/// It has no state: publishing always succeeds, after ``close()`` as well, and all its values are interchangeable.
public struct NoopBus: Bus {
    /// Creates a bus that discards everything.
    public init() {}

    /// Discards an envelope.
    ///
    /// - Parameter envelope: The envelope nobody will see.
    public func publish(_ envelope: Envelope) async {}

    /// Returns a subscription that has ended already, since nothing will ever arrive on it.
    ///
    /// A loop over it ends at once instead of waiting for ever.
    ///
    /// - Parameters:
    ///   - pattern: The pattern the subscription carries.
    ///   - options: Checked as by any other bus; the subscription has the name, and the rest is unused.
    /// - Returns: An ended subscription with an id of its own.
    /// - Throws: `EventError.invalidConfiguration` when the buffer capacity is above the maximum.
    public func subscribe(
        to pattern: Pattern,
        options: SubscriptionOptions
    ) async throws(EventError) -> Subscription {
        _ = try options.validatedCapacity()
        return Subscription.ended(pattern: pattern, name: options.name)
    }

    /// Does nothing: there is nothing to close.
    public func close() async {}
}
