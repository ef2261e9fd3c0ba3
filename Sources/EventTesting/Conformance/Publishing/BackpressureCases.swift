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
            let subscription = try await probe.open(options)
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
            "dropOldest reports the evicted envelope as dropped, and then the new one as delivered.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 2, backpressure: .dropOldest)
            try await probe.publish("a", "b")
            try await probe.publish("c")
            try probe.expect(
                "callbacks",
                probe.callbacks(about: subscription.id),
                is: ["delivered a", "delivered b", "dropped a (buffer_full)", "delivered c"]
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
            probe.close(subscription)
            try probe.expect("what was buffered", try await probe.drain(subscription), is: ["b", "c"])
        },
        ConformanceCase(
            "backpressure.countsDrops",
            "O4",
            "What a full buffer costs is counted, at the bus and at the subscription, whether anyone observes or not.",
            needs: .buffered
        ) { probe in
            let newest = try await probe.subscribe(capacity: 2)
            let oldest = try await probe.subscribe(capacity: 3, backpressure: .dropOldest)
            let before = probe.busDroppedCount ?? 0
            try await probe.publish("a", "b", "c", "d", "e")
            try probe.expect("drops of dropNewest", newest.counts.dropped, is: 3)
            try probe.expect("drops of dropOldest", oldest.counts.dropped, is: 2)
            if let after = probe.busDroppedCount { try probe.expect("droppedCount", after - before, is: 5) }
            for subscription in [newest, oldest] { probe.close(subscription) }
            try probe.expect("what was buffered", try await probe.drain(newest), is: ["a", "b"])
            try probe.expect("what was buffered", try await probe.drain(oldest), is: ["c", "d", "e"])
            if let last = probe.busDroppedCount { try probe.expect("droppedCount after all", last - before, is: 5) }
        },
        ConformanceCase(
            "backpressure.onlyBlockWaits",
            "P5",
            "Publish does not wait for a full subscription that drops.",
            needs: .buffered
        ) { probe in
            let full = [
                try await probe.subscribe(capacity: 1),
                try await probe.subscribe(capacity: 1, backpressure: .dropOldest),
            ]
            let publish = probe.attempt { try await probe.publish("a", "b", "c") }
            try await probe.expectEnd(of: publish, "publish while subscriptions that drop are full")
            for (subscription, kept) in zip(full, ["a", "c"]) {
                probe.close(subscription)
                try probe.expect("what was buffered", try await probe.drain(subscription), is: [kept])
            }
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
            probe.close(narrow.subscription)
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
            "backpressure.blockReportsAdmission",
            "P5",
            "An envelope that waited for room is reported as delivered when it gets it.",
            needs: .observedBlocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let publish = try await probe.park("b", at: narrow)
            try probe.expect("callbacks while it waits", probe.callbacks(about: narrow.id), is: ["delivered a"])
            try probe.expect("what arrives", await probe.receive(1, from: narrow.subscription), is: ["a"])
            try await probe.expectEnd(of: publish, "publish once there is room")
            let callbacks = probe.callbacks(about: narrow.id)
            try probe.expect("callbacks", callbacks, is: ["delivered a", "delivered b"])
        },
        ConformanceCase(
            "backpressure.takesWhenRoomComesMeanwhile",
            "P5",
            "Publish succeeds when there is room again before it has begun to wait.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow(to: "*")
            let read = Journal<[String]>()
            let publish = try await probe.publish(past: narrow) {
                read.append(await probe.receive(1, from: narrow.subscription))
            }
            try await probe.expectEnd(of: publish, "publish while a reader makes room")
            probe.close(narrow.subscription)
            try probe.expect("what was read", read.entries, is: [["a"]])
            try probe.expect("what was left", try await probe.drain(narrow.subscription), is: ["b"])
        },
        ConformanceCase(
            "backpressure.blockDelaysNobodyElse",
            "P6",
            "A full block subscription never delays another subscription, be it one that comes only then.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("filling")
            var others = [
                try await probe.subscribe(backpressure: .block), try await probe.subscribe(to: "*"),
                try await probe.subscribe(to: ">", capacity: 1, backpressure: .dropOldest),
            ]
            for label in ["a", "b"] {
                let publish = try await probe.park(label, at: narrow)
                for other in others {
                    try probe.expect("what arrives elsewhere", await probe.receive(1, from: other), is: [label])
                }
                others.append(try await probe.subscribe())
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
        close(subscription)
        try expect("what was buffered", try await drain(subscription), is: expected)
    }
}
