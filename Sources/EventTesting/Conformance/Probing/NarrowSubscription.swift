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
}
