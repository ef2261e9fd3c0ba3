import EventCore

/// Lets one consumer after the other begin to wait: while one runs, the actor is taken, and it is free again when that
/// one waits.
actor ConsumerQueue {
    nonisolated let begun = Journal<Void>()
    private let subscription: Subscription

    init(_ subscription: Subscription) {
        self.subscription = subscription
    }

    func next(within limit: Duration? = nil) async -> String? {
        begun.append(())
        if let limit { return await subscription.next(within: limit)?.label }
        var iterator = subscription.makeAsyncIterator()
        return await iterator.next(isolation: self)?.label
    }

    /// Returns once nobody runs here: those who have begun wait.
    func waitUntilFree() {}
}
