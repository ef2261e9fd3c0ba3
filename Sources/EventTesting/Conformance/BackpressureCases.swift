import EventCore

/// Full buffers: P5, P6.
enum BackpressureCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "backpressure.dropsNewestByDefault",
            "P5",
            "The default policy drops the incoming envelope.",
            needs: .buffered
        ) { probe in
            let options = SubscriptionOptions(bufferCapacity: 2)
            let subscription = try await probe.subscriber.subscribe(to: probe.pattern(), options: options)
            try await probe.settle(subscription)
            try await probe.expectBuffered(in: subscription, is: ["a", "b"])
        },
        ConformanceCase(
            "backpressure.dropNewestKeepsOldest",
            "P5",
            "dropNewest drops the incoming envelope.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2, backpressure: .dropNewest)
            try await probe.expectBuffered(in: subscription, is: ["a", "b"])
        },
        ConformanceCase(
            "backpressure.dropNewestReportsIncoming",
            "P5",
            "dropNewest reports the incoming envelope as dropped.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1, backpressure: .dropNewest)
            try await probe.publish("a", "b", "c")
            try probe.expect(
                "callbacks",
                probe.callbacks(about: subscription.id),
                is: ["delivered a", "dropped b (buffer_full)", "dropped c (buffer_full)"]
            )
        },
        ConformanceCase(
            "backpressure.dropOldestKeepsNewest",
            "P5",
            "dropOldest evicts the oldest buffered envelope.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2, backpressure: .dropOldest)
            try await probe.expectBuffered(in: subscription, is: ["c", "d"])
        },
        ConformanceCase(
            "backpressure.dropOldestReportsEvicted",
            "P5",
            "dropOldest reports the evicted envelope as dropped and the new one as delivered.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2, backpressure: .dropOldest)
            try await probe.publish("a", "b")
            try await probe.publish("c")
            try probe.expect(
                "callbacks in any order",
                probe.callbacks(about: subscription.id).sorted(),
                is: ["delivered a", "delivered b", "delivered c", "dropped a (buffer_full)"]
            )
        },
        ConformanceCase(
            "backpressure.takesAfterReading",
            "P5",
            "A buffer takes envelopes again once it has been read.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2)
            try await probe.publish("a", "b", "lost")
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
            try await probe.publish("c", "lost too")
            subscription.close()
            try probe.expect("what was buffered", try await probe.drain(subscription), is: ["b", "c"])
        },
        ConformanceCase(
            "backpressure.blockWaitsForRoom",
            "P5",
            "block makes publish wait until the envelope has been taken.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let publish = try await probe.park("b", at: narrow)
            let received = await probe.receive(1, from: narrow.subscription)
            try probe.expect("what arrives", received, is: ["a"])
            try await probe.expectEnd(of: publish, "publish once there is room")
            narrow.subscription.close()
            try probe.expect("what was buffered", try await probe.drain(narrow.subscription), is: ["b"])
        },
        ConformanceCase(
            "backpressure.blockLosesNothing",
            "P5",
            "With block nothing is dropped, however slow the reader.",
            needs: .observedBlocking
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2, backpressure: .block)
            let labels = (1...50).map { "\($0)" }
            let publishing = probe.attempt { try await probe.publish(labels) }
            try probe.expect("what arrives", await probe.receive(50, from: subscription), is: labels)
            try await probe.expectEnd(of: publishing, "publish after everything was read")
            try probe.expect(
                "callbacks",
                probe.callbacks(about: subscription.id),
                is: labels.map { "delivered \($0)" }
            )
        },
        ConformanceCase(
            "backpressure.blockDelaysNobodyElse",
            "P6",
            "A full block subscription never delays another subscription.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("filling")
            let others = [
                try await probe.subscribe(backpressure: .block), try await probe.subscribe(to: "*"),
                try await probe.subscribe(to: ">", capacity: 1, backpressure: .dropOldest),
            ]
            for label in ["a", "b"] {
                let publish = try await probe.park(label, at: narrow)
                for other in others {
                    try probe.expect("what arrives elsewhere", await probe.receive(1, from: other), is: [label])
                }
                try probe.expect(!publish.isFinished, "publish to go on waiting", seen: "it ended")
            }
        },
        ConformanceCase(
            "backpressure.blockWaitsForTheLast",
            "P6",
            "With several full block subscriptions, publish returns when the last has taken the envelope.",
            needs: .blocking
        ) { probe in
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish("a")
            let publish = try await probe.park("b", at: first, second)
            try probe.expect("what arrives", await probe.receive(2, from: first.subscription), is: ["a", "b"])
            let outcome = try await publish.result(within: probe.stayQuiet)
            try probe.expect(outcome == nil, "publish to wait for the second subscription", seen: "it ended")
            try probe.expect("what arrives", await probe.receive(2, from: second.subscription), is: ["a", "b"])
            try await probe.expectEnd(of: publish, "publish once both have taken the envelope")
        },
    ]
}

extension ConformanceProbe {
    /// Publishes a, b, c and d, and expects a subscription with room for two to hold two of them.
    fileprivate func expectBuffered(in subscription: Subscription, is expected: [String]) async throws {
        try await publish("a", "b", "c", "d")
        subscription.close()
        try expect("what was buffered", try await drain(subscription), is: expected)
    }
}
