import EventCore

/// What has happened to an envelope when publish returns: P3.
enum AccountingCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "publish.enqueuesBeforeReturning",
            "P3",
            "On return the envelope is with every matching subscription.",
            needs: .buffered
        ) { probe in
            let subscriptions = [
                try await probe.subscribe(), try await probe.subscribe(to: "*"), try await probe.subscribe(to: ">"),
            ]
            try await probe.publish("a", "b")
            for subscription in subscriptions {
                probe.close(subscription)
                try probe.expect("what was buffered", try await probe.drain(subscription), is: ["a", "b"])
            }
        },
        ConformanceCase(
            "publish.deliversOnce",
            "P3",
            "A subscription gets an envelope once.",
            needs: .accountsForLosses
        ) { probe in
            let (one, other) = (try await probe.subscribe(), try await probe.subscribe(to: ">"))
            try await probe.publish("a", "b")
            try await probe.expectAll(["a", "b"], at: one, other)
        },
        ConformanceCase(
            "publish.servesMany",
            "P3",
            "However many subscriptions match, under one pattern or several, each gets the envelope or drops it.",
            needs: .buffered
        ) { probe in
            // Many under one pattern may go a way of their own, and another one beside others.
            var subscriptions: [Subscription] = []
            for (topic, count) in [("alone.>", 40), ("both.>", 40), ("both.*", 40), ("both.one", 1)] {
                for _ in 0..<count { subscriptions.append(try await probe.subscribe(to: topic, capacity: 1)) }
            }
            let before = probe.busDroppedCount ?? 0
            for topic in ["alone.one", "both.one"] { try await probe.publish("a", "lost", on: topic) }
            if let after = probe.busDroppedCount { try probe.expect("droppedCount", after - before, is: 121) }
            for subscription in subscriptions {
                try probe.expect("how much was dropped", subscription.counts.dropped, is: 1)
                probe.close(subscription)
            }
            for buffered in try await probe.drain(subscriptions) {
                try probe.expect("what was buffered", buffered, is: ["a"])
            }
        },
        ConformanceCase(
            "publish.accountsForEveryMatch",
            "P3",
            "On return there has been one onDeliver or one onDrop for every matching subscription.",
            needs: .observed
        ) { probe in
            let narrow = try await probe.subscribe(capacity: 1)
            let wide = try await probe.subscribe(to: "*")
            let other = try await probe.subscribe(to: "other")
            try await probe.publish("a", "b")
            try probe.expect(
                "callbacks about a full subscription",
                probe.callbacks(about: narrow.id),
                is: ["delivered a", "dropped b (buffer_full)"]
            )
            try probe.expect(
                "callbacks about one with room",
                probe.callbacks(about: wide.id),
                is: ["delivered a", "delivered b"]
            )
            try probe.expect("callbacks about one that does not match", probe.callbacks(about: other.id), is: [])
            try probe.expect("what arrives", await probe.receive(1, from: narrow), is: ["a"])
            try probe.expect("what arrives", await probe.receive(2, from: wide), is: ["a", "b"])
        },
        ConformanceCase(
            "publish.staysSilentAboutRefused",
            "P3",
            "A predicate that says no is neither a delivery nor a drop.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1) { $0.label != "unwanted" }
            try await probe.publish("unwanted", "a", "unwanted")
            try probe.expect("callbacks", probe.callbacks(about: subscription.id), is: ["delivered a"])
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
        },
        ConformanceCase(
            "publish.accountsForEndedSubscription",
            "P3",
            "A subscription that ends between matching and enqueuing reports onDrop(.closed).",
            needs: .observed
        ) { probe in
            let toClose = Journal<Subscription>()
            let subscription = try await probe.subscribe { _ in
                for own in toClose.entries.prefix(1) { probe.close(own) }
                return true
            }
            toClose.append(subscription)
            try await probe.publish("a", "b")
            try probe.expect("callbacks", probe.callbacks(about: subscription.id), is: ["dropped a (closed)"])
            try await probe.expectEnded(subscription)
        },
    ]
}
