import EventCore

/// Announcing what is published, and publishing from odd places: P1, P8.
enum PublishCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "publish.announcesOnce",
            "P1",
            "onPublish fires exactly once, however many subscriptions match.",
            needs: [.accountsForLosses, .observesPublishing]
        ) { probe in
            let (one, other) = (try await probe.subscribe(), try await probe.subscribe(to: ">"))
            try await probe.publish("a")
            try await probe.expectAll(["a"], at: one, other)
            try probe.expect("what onPublish announces", probe.announced, is: ["a"])
        },
        ConformanceCase(
            "publish.announcesWithoutSubscriptions",
            "P1",
            "onPublish fires even when no subscription matches.",
            needs: .observesPublishing
        ) { probe in
            try await probe.publish("a", "b")
            try probe.expect("what onPublish announces", probe.announced, is: ["a", "b"])
        },
        ConformanceCase(
            "publish.announcesBeforeDeciding",
            "P1",
            "onPublish fires before any delivery decision.",
            needs: .observed
        ) { probe in
            let announcedBefore = Journal<[String]>()
            let subscription = try await probe.subscribe(capacity: 1) { _ in
                announcedBefore.append(probe.announced)
                return true
            }
            try await probe.publish("a", "b")
            try probe.expect("what the predicate finds announced", announcedBefore.entries, is: [["a"], ["a", "b"]])
            try probe.expect(
                "all callbacks",
                probe.callbacks,
                is: ["published a", "delivered a", "published b", "dropped b (buffer_full)"]
            )
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
        },
        ConformanceCase(
            "publish.isNotAnnouncedWhenClosed",
            "P1",
            "onPublish does not fire when publish throws busClosed.",
            needs: [.observesPublishing, .reportsClosed]
        ) { probe in
            await probe.close()
            try await probe.expect("publish", throws: .busClosed) { try await probe.publish("a") }
            try probe.expect("what onPublish announces", probe.announced, is: [])
        },
        ConformanceCase(
            "publish.succeedsWithoutSubscriptions",
            "P8",
            "With no subscription, publish succeeds."
        ) { probe in
            try await probe.publish("a", on: "nobody")
            try await probe.cancelled { try await probe.publish("b", on: "nobody") }
        },
        ConformanceCase(
            "publish.worksInsideConsumerLoop",
            "P8",
            "Publishing from inside a consumer loop does not deadlock.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1, backpressure: .block)
            let consumer = probe.attempt {
                var labels: [String] = []
                for await envelope in subscription {
                    labels.append(envelope.label)
                    if labels.count == 5 { break }
                    try await probe.publish("\(labels.count)")
                }
                return labels
            }
            try await probe.publish("0")
            let labels = try await probe.expectEnd(of: consumer, "a loop that publishes four times")
            try probe.expect("what the loop sees", labels, is: ["0", "1", "2", "3", "4"])
        },
        ConformanceCase(
            "publish.allowsSubscribingInsidePredicate",
            "P8",
            "Subscribing inside a predicate does not deadlock.",
            needs: .delivers
        ) { probe in
            let begun = Journal<Attempt<Subscription>>()
            let subscription = try await probe.subscribe { _ in
                if begun.entries.isEmpty { begun.append(probe.attempt { try await probe.subscribe(to: "later") }) }
                return true
            }
            try await probe.publish("a")
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
            guard let attempt = begun.entries.first else {
                throw probe.failure(expected: "the predicate to be asked", seen: "it was not")
            }
            let later = try await probe.expectEnd(of: attempt, "subscribe inside a predicate")
            try await probe.publish("b", on: "later")
            try probe.expect("what arrives at the new one", await probe.receive(1, from: later), is: ["b"])
        },
    ]
}
