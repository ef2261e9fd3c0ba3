import EventCore

/// What subscribing gives: S1, S2, S3, S7.
enum SubscribeCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "subscribe.isEffectiveOnReturn",
            "S1",
            "A publish that starts after subscribe returned is seen.",
            needs: .delivers
        ) { probe in
            var subscriptions: [Subscription] = []
            // Publishing before each new subscription makes a bus remember a route that is then out of date.
            for round in 1...8 {
                try await probe.publish("before \(round)")
                let subscription = try await probe.subscribe(to: round.isMultiple(of: 2) ? "*" : "topic")
                subscriptions.append(subscription)
                try await probe.publish("after \(round)")
                var received = await probe.receive(1, from: subscription)
                // Across a link, what was published earlier may still be under way.
                if received == ["before \(round)"] { received = await probe.receive(1, from: subscription) }
                try probe.expect("what arrives", received, is: ["after \(round)"])
            }
            withExtendedLifetime(subscriptions) {}
        },
        ConformanceCase(
            "subscribe.isEffectiveOnEveryThread",
            "S1",
            "A publish that starts after subscribe returned is seen, whoever publishes, on whichever thread.",
            needs: .buffered
        ) { probe in
            let threads = (1...4).map { _ in TurnExecutor() }
            func publishOnEach(_ label: String) async throws {
                for (number, thread) in threads.enumerated() {
                    let publish = probe.attempt(on: thread) { try await probe.publish("\(label) \(number + 1)") }
                    try await probe.expectEnd(of: publish, "publish on a thread of its own")
                }
            }
            // Each publisher has reason to remember who listens before somebody comes.
            var subscriptions = [try await probe.subscribe(to: ">")]
            for round in 1...3 {
                try await publishOnEach("before \(round)")
                let subscription = try await probe.subscribe(to: round.isMultiple(of: 2) ? "*" : "topic")
                try await publishOnEach("after")
                let received = await probe.receive(4, from: subscription)
                try probe.expect("what arrives", received, is: ["after 1", "after 2", "after 3", "after 4"])
                subscriptions.append(subscription)
            }
        },
        ConformanceCase(
            "subscribe.worksConcurrently",
            "S1",
            "When several tasks subscribe at once, each subscription is in effect, and has an id of its own.",
            needs: .buffered
        ) { probe in
            let opening = (1...16).map { _ in probe.attempt { try await probe.subscribe() } }
            var subscriptions: [Subscription] = []
            for attempt in opening {
                subscriptions.append(try await probe.expectEnd(of: attempt, "subscribe beside others"))
            }
            try probe.expect("different ids", Set(subscriptions.map(\.id)).count, is: 16)
            try await probe.publish("a")
            for subscription in subscriptions {
                try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
            }
        },
        ConformanceCase(
            "subscribe.givesUniqueIDs",
            "S2",
            "The id of a subscription is not empty, stable and unique within the bus."
        ) { probe in
            var subscriptions: [Subscription] = []
            var ids: Set<SubscriptionID> = []
            for round in 1...20 {
                let subscription = try await probe.subscribe()
                try probe.expect(!subscription.id.rawValue.isEmpty, "an id", seen: "it is empty")
                ids.insert(subscription.id)
                if round.isMultiple(of: 2) { probe.close(subscription) } else { subscriptions.append(subscription) }
            }
            ids.formUnion(subscriptions.map(\.id))
            try probe.expect("different ids of 20 subscriptions", ids.count, is: 20)
        },
        ConformanceCase(
            "subscribe.givesIDsUniqueInProcess",
            "S2",
            "No two subscriptions of a process have the same id, whichever bus they are of.",
            fixtures: 2
        ) { probe in
            var subscriptions: [Subscription] = []
            for fixture in probe.fixtures {
                for _ in 1...10 { subscriptions.append(try await fixture.subscriber.subscribe(to: probe.pattern())) }
            }
            try probe.expect("different ids of 20 subscriptions", Set(subscriptions.map(\.id)).count, is: 20)
        },
        ConformanceCase(
            "subscribe.keepsName",
            "S2",
            "A subscription carries the name that its options give it, or none."
        ) { probe in
            for name in ["audit", nil, "a name of several words", ""] {
                let subscription = try await probe.subscribe(name: name)
                try probe.expect("the name", subscription.name, is: name)
            }
        },
        ConformanceCase(
            "subscribe.goesByNoName",
            "S2",
            "A name is for people alone: subscriptions with the same one are none the less two.",
            needs: .accountsForLosses
        ) { probe in
            let (one, other) = (try await probe.subscribe(name: "audit"), try await probe.subscribe(name: "audit"))
            try await probe.publish("a", "b")
            try await probe.expectAll(["a", "b"], at: one, other)
        },
        ConformanceCase(
            "subscribe.keepsPattern",
            "S2",
            "A subscription carries the pattern it was made for."
        ) { probe in
            for topic in ["orders.eu", "orders.*", ">"] {
                let subscription = try await probe.subscribe(to: topic)
                try probe.expect("the pattern", subscription.pattern, is: try probe.pattern(topic))
            }
        },
        ConformanceCase(
            "subscribe.keepsCapacity",
            "S3",
            "A buffer holds as many envelopes as was asked for.",
            needs: .buffered
        ) { probe in
            for capacity in [1, 2, 7] {
                try await probe.expectRoom(for: capacity, in: probe.subscribe(capacity: capacity))
            }
        },
        ConformanceCase(
            "subscribe.replacesCapacityZero",
            "S3",
            "A capacity of zero or less means the default.",
            needs: .buffered
        ) { probe in
            for capacity in [0, -1, Int.min] {
                let subscription = try await probe.subscribe(capacity: capacity)
                try await probe.expectRoom(for: SubscriptionOptions.defaultBufferCapacity, in: subscription)
            }
        },
        ConformanceCase(
            "subscribe.refusesExcessiveCapacity",
            "S3",
            "A capacity above the maximum throws invalidConfiguration."
        ) { probe in
            for capacity in [SubscriptionOptions.maximumBufferCapacity + 1, Int.max] {
                try await probe.expect("subscribe", throws: .invalidConfiguration) {
                    _ = try await probe.subscribe(capacity: capacity)
                }
            }
        },
        ConformanceCase(
            "subscribe.acceptsMaximumCapacity",
            "S3",
            "The maximum capacity is accepted, and costs nothing in advance."
        ) { probe in
            var subscriptions: [Subscription] = []
            for _ in 1...32 {
                let maximum = SubscriptionOptions.maximumBufferCapacity
                subscriptions.append(try await probe.subscribe(capacity: maximum))
            }
            try probe.expect("how many subscriptions there are", Set(subscriptions.map(\.id)).count, is: 32)
        },
        ConformanceCase(
            "subscribe.keepsWhatArrivesBeforeReturn",
            "S7",
            "What arrives before subscribe has returned is not dropped for want of room.",
            needs: .observed
        ) { probe in
            for policy in [BackpressurePolicy.dropNewest, .dropOldest] {
                let opened = try await probe.subscribeUnderLoad(policy)
                let drops = opened.early.filter { $0.hasPrefix("dropped") }
                try probe.expect("drops before subscribe returned, with \(policy)", drops, is: [])
            }
        },
        ConformanceCase(
            "subscribe.countsCapacityFromReturn",
            "S7",
            "The capacity counts once subscribe has returned, whatever arrived before.",
            needs: .observed
        ) { probe in
            let opened = try await probe.subscribeUnderLoad(.dropNewest)
            try await probe.publish("late 1", "late 2")
            probe.close(opened.subscription)
            let buffered = try await probe.drain(opened.subscription)
            try probe.expect("how much was buffered", buffered.count, is: max(1, opened.early.count))
        },
    ]
}

/// A subscription with room for one envelope, and what the observer was told of it before `subscribe` returned.
private struct OpenedSubscription: Sendable {
    let subscription: Subscription
    let early: [String]
}

extension ConformanceProbe {
    /// Subscribes while another task publishes.
    ///
    /// They take turns, so that nothing is published between the moment from which the capacity counts and the return.
    fileprivate func subscribeUnderLoad(_ policy: BackpressurePolicy) async throws -> OpenedSubscription {
        let turns = TurnExecutor()
        let opened = Journal<OpenedSubscription>()
        // Both are started in one turn, so that neither is over before the other begins.
        let starting = attempt(on: turns) {
            let publishing = self.attempt(on: turns) {
                for number in 1...100 where opened.entries.isEmpty {
                    try await self.publish("\(number)")
                    await Task.yield()
                }
            }
            let subscribing = self.attempt(on: turns) {
                let options = SubscriptionOptions(bufferCapacity: 1, backpressure: policy)
                let subscription = try await self.open(options)
                let early = self.callbacks(about: subscription.id)
                opened.append(OpenedSubscription(subscription: subscription, early: early))
            }
            return (publishing, subscribing)
        }
        let (publishing, subscribing) = try await expectEnd(of: starting, "the start of two tasks")
        try await expectEnd(of: subscribing, "subscribe while another task publishes")
        try await expectEnd(of: publishing, "publish while another task subscribes")
        return opened.entries[0]
    }

    /// Publishes one envelope more than fits.
    fileprivate func expectRoom(for count: Int, in subscription: Subscription) async throws {
        let labels = (0...count).map { "\($0)" }
        try await publish(labels)
        close(subscription)
        try expect("what was buffered", try await drain(subscription), is: Array(labels.prefix(count)))
    }
}
