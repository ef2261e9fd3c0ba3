import EventCore

/// A `block` subscription with room for one envelope, so that the second publish has to wait.
struct NarrowSubscription: Sendable {
    let subscription: Subscription
    /// The labels its predicate was asked about.
    ///
    /// What it was asked about has been routed: whatever happens next, the subscription counts among those the envelope
    /// matched.
    let routed: Journal<String>

    var id: SubscriptionID { subscription.id }
}

extension ConformanceProbe {
    func subscribeNarrow(to topic: String = defaultTopic) async throws -> NarrowSubscription {
        let routed = Journal<String>()
        let subscription = try await subscribe(to: topic, capacity: 1, backpressure: .block) { envelope in
            routed.append(envelope.label)
            return true
        }
        return NarrowSubscription(subscription: subscription, routed: routed)
    }

    /// Starts a publish that finds subscriptions full, and makes sure that it waits.
    func park(_ label: String, at full: NarrowSubscription...) async throws -> Attempt<Void> {
        let publish = attempt { try await self.publish(label) }
        for narrow in full {
            try await expect("\(label) routed to \(name(of: narrow.id))", in: narrow.routed) { $0.contains(label) }
        }
        let outcome = try await publish.result(within: stayQuiet)
        try expect(outcome == nil, "publish to wait while a block subscription is full", seen: "it ended")
        return publish
    }

    /// Fills a subscription to `*` with `a` and publishes `b`, and has work done between the offer of `b` and the wait.
    ///
    /// One of two predicates does it that is asked after the full subscription. Where all predicates are asked before the
    /// first offer, it is done before that, or while the publisher waits.
    func publish(
        past narrow: NarrowSubscription,
        meanwhile work: @escaping @Sendable () async -> Void
    ) async throws -> Attempt<Void> {
        let begun = Journal<Void>()
        var others: [Subscription] = []
        for topic in [Self.defaultTopic, ">"] {
            let other = try await subscribe(to: topic) { envelope in
                guard envelope.label == "b", narrow.routed.entries.contains("b"), begun.entries.isEmpty else {
                    return true
                }
                begun.append(())
                Thread.wait(atMost: self.waitFor, for: work)
                return true
            }
            others.append(other)
        }
        try await publish("a")
        let publish = attempt(on: TurnExecutor()) { try await self.publish("b") }
        if try await publish.result(within: stayQuiet) == nil, begun.entries.isEmpty { await work() }
        _ = try await publish.result(within: waitFor)
        withExtendedLifetime(others) {}
        return publish
    }
}
