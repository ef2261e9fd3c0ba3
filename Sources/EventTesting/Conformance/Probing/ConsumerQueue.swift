import EventCore

/// Lets one consumer of a subscription after the other begin to wait.
///
/// Consumers run in turns, each to where it waits, so whatever has its turn behind one finds it there.
struct ConsumerQueue {
    private let executor = TurnExecutor()
    private let subscription: Subscription
    private let probe: ConformanceProbe

    init(_ subscription: Subscription, _ probe: ConformanceProbe) {
        (self.subscription, self.probe) = (subscription, probe)
    }

    /// Begins to wait for the next envelope, at most for `limit`; returns once a consumer does.
    func next(within limit: Duration? = nil) async -> Attempt<String?> {
        let subscription = subscription
        let consumer = probe.attempt(on: executor) {
            if let limit { return await subscription.next(within: limit)?.label }
            var iterator = subscription.makeAsyncIterator()
            return await iterator.next()?.label
        }
        await Task(executorPreference: executor) {}.value
        return consumer
    }
}
