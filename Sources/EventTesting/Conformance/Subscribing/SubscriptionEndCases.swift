import EventCore

/// The ways in which a subscription ends, and what is left of it: S4.
enum SubscriptionEndCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "end.closeEndsSubscription",
            "S4",
            "A closed subscription yields nil for ever, and closing twice is fine."
        ) { probe in
            let subscription = try await probe.subscribe()
            probe.close(subscription)
            probe.close(subscription)
            try await probe.expectEnded(subscription)
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "end.closeKeepsBuffer",
            "S4",
            "After close what is buffered still comes, then nil.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe()
            try await probe.publish("a", "b")
            probe.close(subscription)
            try await probe.publish("late")
            try probe.expect("what was buffered", try await probe.drain(subscription), is: ["a", "b"])
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "end.closeStopsDelivery",
            "S4",
            "A closed subscription gets nothing more.",
            needs: .delivers
        ) { probe in
            let witness = try await probe.subscribe()
            let subscription = try await probe.subscribe()
            try await probe.publish("a")
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
            probe.close(subscription)
            try await probe.publish("b")
            try probe.expect("what arrives elsewhere", await probe.receive(2, from: witness), is: ["a", "b"])
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "end.closeRemovesSubscription",
            "S4",
            "A closed subscription is gone from the bus: nothing is offered to it.",
            needs: .observedBlocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            probe.close(narrow.subscription)
            try await probe.expectGone(narrow.id, after: ["delivered a"])
        },
        ConformanceCase(
            "end.closeFreesPublishers",
            "S4",
            "Publishers that wait for room in a subscription go on when it is closed; it reports onDrop(.closed).",
            needs: .observedBlocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let first = try await probe.park("b", at: narrow)
            let second = try await probe.park("c", at: narrow)
            probe.close(narrow.subscription)
            for publish in [first, second] { try await probe.expectEnd(of: publish, "the waiting publish") }
            try probe.expect(
                "callbacks in any order",
                probe.callbacks(about: narrow.id).sorted(),
                is: ["delivered a", "dropped b (closed)", "dropped c (closed)"]
            )
            try probe.expect("what was buffered", try await probe.drain(narrow.subscription), is: ["a"])
        },
        ConformanceCase(
            "end.closeIsToldBeforeWaiting",
            "P3",
            "A full subscription that is closed before its publisher waits reports onDrop(.closed), and publish returns.",
            needs: .observedBlocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow(to: "*")
            let publish = try await probe.publish(past: narrow) { probe.close(narrow.subscription) }
            try await probe.expectEnd(of: publish, "publish past a subscription that is closed")
            let callbacks = probe.callbacks(about: narrow.id)
            try probe.expect("callbacks", callbacks, is: ["delivered a", "dropped b (closed)"])
        },
        ConformanceCase(
            "end.closeLeavesPublishersElsewhere",
            "P3",
            "A publisher that waits for two subscriptions waits on for one of them when the other is closed.",
            needs: .observedBlocking
        ) { probe in
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish("a")
            let publish = try await probe.park("b", at: first, second)
            probe.close(first.subscription)
            let outcome = try await publish.result(within: probe.stayQuiet)
            try probe.expect(outcome == nil, "publish to wait for the other subscription", seen: "it ended")
            try probe.expect("what arrives", await probe.receive(2, from: second.subscription), is: ["a", "b"])
            try await probe.expectEnd(of: publish, "publish once the other has taken the envelope")
        },
        ConformanceCase(
            "end.scopeEndsSubscription",
            "S4",
            "The subscription ends when withSubscription returns or throws."
        ) { probe in
            let pattern = try probe.pattern()
            let returned = try await probe.subscriber.withSubscription(to: pattern) { $0 }
            try await probe.expectEnded(returned)
            let escaped = Journal<Subscription>()
            try await probe.expect("withSubscription", throws: .cancellation) {
                try await probe.subscriber.withSubscription(to: pattern) { subscription in
                    escaped.append(subscription)
                    throw CancellationError()
                }
            }
            for subscription in escaped.entries { try await probe.expectEnded(subscription) }
        },
        ConformanceCase(
            "end.scopeRemovesSubscription",
            "S4",
            "After withSubscription nothing of the subscription is left.",
            needs: .observedBlocking
        ) { probe in
            let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
            let pattern = try probe.pattern()
            let subscription = try await probe.subscriber.withSubscription(to: pattern, options: options) {
                try await probe.settle($0)
                try await probe.publish("a")
                return $0
            }
            try await probe.expectGone(subscription.id, after: ["delivered a"])
        },
        ConformanceCase(
            "end.cancellationEndsLoop",
            "S4",
            "Cancelling the task that iterates a subscription ends the loop at once, and the subscription.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            let received = Journal<String>()
            let consumer = probe.attempt { for await envelope in subscription { received.append(envelope.label) } }
            try await probe.publish("a")
            try await probe.expect("an envelope in the loop", in: received) { $0 == ["a"] }
            consumer.task.cancel()
            try await probe.expectEnd(of: consumer, "the loop of a cancelled task")
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "end.cancellationDiscardsBuffer",
            "S4",
            "A cancelled task gets nil at once, whatever is buffered.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe()
            try await probe.publish("a", "b")
            let received = try await probe.cancelled { await subscription.next(within: probe.waitFor) }
            try probe.expect("what a cancelled task gets", received?.label, is: nil)
            try await probe.publish("c")
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "end.cancellationRemovesSubscription",
            "S4",
            "After a cancelled loop nothing of the subscription is left that could fill up or block a publisher.",
            needs: .observedBlocking
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1, backpressure: .block)
            let received = Journal<String>()
            let consumer = probe.attempt { for await envelope in subscription { received.append(envelope.label) } }
            try await probe.publish("a")
            try await probe.expect("an envelope in the loop", in: received) { $0 == ["a"] }
            consumer.task.cancel()
            try await probe.expectEnd(of: consumer, "the loop of a cancelled task")
            try await probe.expectGone(subscription.id, after: ["delivered a"])
        },
        ConformanceCase(
            "end.releaseRemovesSubscription",
            "S4",
            "A subscription ends when its last reference goes.",
            needs: .observedBlocking
        ) { probe in
            let id = try await probe.fillAndForget()
            try await probe.expectGone(id, after: ["delivered a"])
        },
        ConformanceCase(
            "end.releasesPredicate",
            "S4",
            "Nothing of an ended subscription is left on the bus, its predicate neither.",
            needs: .delivers
        ) { probe in
            for end in Ending.allCases {
                let released = Journal<Void>()
                let subscription = try await probe.subscribe(holding: Token(released), until: end)
                // What a bus remembers of routes is put to use once more.
                if end != .busClosed { try await probe.publish("after") }
                let isReleased = await probe.comesTrue { !released.entries.isEmpty }
                try probe.expect(isReleased, "the predicate to go of what was \(end)", seen: "it is kept")
                withExtendedLifetime(subscription) {}
            }
        },
    ]
}

/// How a subscription ends; its bus last.
private enum Ending: CaseIterable { case closed, cancelled, released, busClosed }

/// Something that a predicate holds, and that tells when it goes.
private final class Token: Sendable {
    private let released: Journal<Void>

    init(_ released: Journal<Void>) {
        self.released = released
    }

    deinit { released.append(()) }
}

extension ConformanceProbe {
    /// Expects a publish to go by a subscription that was full: it neither waits nor causes a callback.
    fileprivate func expectGone(_ subscription: SubscriptionID, after callbacks: [String]) async throws {
        let publish = attempt { try await self.publish("b", "c") }
        try await expectEnd(of: publish, "publish past an ended subscription")
        try expect("callbacks about the ended subscription", self.callbacks(about: subscription), is: callbacks)
    }

    /// Opens a subscription whose predicate holds something, publishes to it, and ends it.
    ///
    /// - Returns: The subscription, unless it ends by being released.
    fileprivate func subscribe(holding token: Token, until end: Ending) async throws -> Subscription? {
        let subscription = try await subscribe { _ in withExtendedLifetime(token) { true } }
        try await publish("a")
        switch end {
        case .closed: close(subscription)
        case .cancelled: _ = try await cancelled { await subscription.next(within: self.waitFor) }
        case .released: return nil
        case .busClosed: await close()
        }
        return subscription
    }

    /// Fills a `block` subscription and keeps nothing of it but its id.
    fileprivate func fillAndForget() async throws -> SubscriptionID {
        let subscription = try await subscribe(capacity: 1, backpressure: .block)
        try await publish("a")
        return subscription.id
    }
}
