import EventCore

/// Publishing from a cancelled task: P7.
enum CancellationCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "cancellation.lastWordsGetOut",
            "P7",
            "A cancelled task that need not wait still publishes.",
            needs: .delivers
        ) { probe in
            let subscriptions = [try await probe.subscribe(), try await probe.subscribe(backpressure: .block)]
            try await probe.cancelled { try await probe.publish("last words") }
            for subscription in subscriptions {
                try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["last words"])
            }
        },
        ConformanceCase(
            "cancellation.stopsWaiting",
            "P7",
            "Publish throws CancellationError when it is cancelled while it waits.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let publish = try await probe.park("b", at: narrow)
            publish.task.cancel()
            try await probe.expect("the cancelled publish", throws: .cancellation) {
                try await probe.expectEnd(of: publish, "the cancelled publish")
            }
            probe.close(narrow.subscription)
            try probe.expect("what was buffered", try await probe.drain(narrow.subscription), is: ["a"])
        },
        ConformanceCase(
            "cancellation.isReportedByEachThatMissed",
            "P7",
            "Each subscription that had not taken a cancelled envelope reports onDrop(.cancelled), the others keep it.",
            needs: .observedBlocking
        ) { probe in
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish("a")
            let wide = try await probe.subscribe(to: "*")
            let publish = try await probe.park("b", at: first, second)
            publish.task.cancel()
            try await probe.expect("the cancelled publish", throws: .cancellation) {
                try await probe.expectEnd(of: publish, "the cancelled publish")
            }
            for full in [first, second] {
                try probe.expect(
                    "callbacks about a full subscription",
                    probe.callbacks(about: full.id),
                    is: ["delivered a", "dropped b (cancelled)"]
                )
            }
            try probe.expect("callbacks about one with room", probe.callbacks(about: wide.id), is: ["delivered b"])
            try probe.expect("what arrives", await probe.receive(1, from: wide), is: ["b"])
        },
        ConformanceCase(
            "cancellation.leavesWhatWasTaken",
            "P7",
            "A subscription that has made room and taken the envelope keeps it when the publish is cancelled.",
            needs: .observedBlocking
        ) { probe in
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish("a")
            let publish = try await probe.park("b", at: first, second)
            try probe.expect("what arrives", await probe.receive(1, from: first.subscription), is: ["a"])
            publish.task.cancel()
            try await probe.expect("the cancelled publish", throws: .cancellation) {
                try await probe.expectEnd(of: publish, "the cancelled publish")
            }
            try probe.expect(
                "callbacks about each",
                [first, second].map { probe.callbacks(about: $0.id) },
                is: [["delivered a", "delivered b"], ["delivered a", "dropped b (cancelled)"]]
            )
            try probe.expect("what arrives", await probe.receive(1, from: first.subscription), is: ["b"])
        },
        ConformanceCase(
            "cancellation.alreadyCancelledDoesNotWait",
            "P7",
            "A cancelled task that would have to wait throws CancellationError instead.",
            needs: .observedBlocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let wide = try await probe.subscribe(to: "*")
            let publish = probe.attempt { try await probe.cancelled { try await probe.publish("b") } }
            try await probe.expect("publish", throws: .cancellation) {
                try await probe.expectEnd(of: publish, "publish in a cancelled task")
            }
            try probe.expect(
                "callbacks about a full subscription",
                probe.callbacks(about: narrow.id),
                is: ["delivered a", "dropped b (cancelled)"]
            )
            try probe.expect("what arrives elsewhere", await probe.receive(1, from: wide), is: ["b"])
        },
        ConformanceCase(
            "cancellation.leavesRoomForOthers",
            "P7",
            "A cancelled publish leaves nothing behind that takes up room.",
            needs: .blocking
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let cancelled = try await probe.park("b", at: narrow)
            let waiting = try await probe.park("c", at: narrow)
            cancelled.task.cancel()
            try await probe.expect("the cancelled publish", throws: .cancellation) {
                try await probe.expectEnd(of: cancelled, "the cancelled publish")
            }
            try probe.expect("what arrives", await probe.receive(2, from: narrow.subscription), is: ["a", "c"])
            try await probe.expectEnd(of: waiting, "the other publish once there is room")
        },
    ]
}
