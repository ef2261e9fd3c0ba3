extension Mailbox {
    /// What became of a run of envelopes.
    private struct RunOutcome {
        var dropped = 0
        /// Those who waited, and what they get.
        var handed: [(consumer: Waiter<Envelope?>, envelope: Envelope)] = []
        /// Let go of without the lock.
        var evicted: [Envelope] = []
    }

    /// Offers envelopes one after the other as ``offerOrDrop(_:)`` does, where nobody observes.
    ///
    /// The lock is taken once for all of them: a reader that takes them meanwhile would be in the way of each. Who waits is
    /// woken when they are there.
    ///
    /// - Parameter run: The envelopes; few, since others wait for the lock meanwhile.
    /// - Returns: How many were dropped, or had an older one dropped for them.
    package func offerOrDrop(_ run: ArraySlice<Envelope>) -> Int {
        let outcome = decide { machine in
            var outcome = RunOutcome()
            for envelope in run {
                switch machine.offerOrRefuse(envelope) {
                case .keep, .park, .finished: break
                case .hand(let consumer): outcome.handed.append((consumer, envelope))
                case .refuse: outcome.dropped += 1
                case .evict(let oldest):
                    outcome.dropped += 1
                    outcome.evicted.append(oldest)
                }
            }
            return outcome
        }
        for (consumer, envelope) in outcome.handed { consumer.resume(returning: envelope) }
        return outcome.dropped
    }
}
