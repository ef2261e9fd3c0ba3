import EventCore

/// Closing a bus: C1 to C4.
enum CloseCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "close.isIdempotent",
            "C1",
            "A bus may be closed again."
        ) { probe in
            await probe.close()
            await probe.close()
        },
        ConformanceCase(
            "close.isSafeConcurrently",
            "C1",
            "A bus may be closed by several tasks at once, while others publish."
        ) { probe in
            let publishing = (1...3).map { task in
                probe.attempt { try await probe.publishUntilClosed("task \(task)", atMost: 1000) }
            }
            let closing = (1...8).map { _ in probe.attempt { await probe.close() } }
            for attempt in publishing + closing { try await probe.expectEnd(of: attempt, "close or publish") }
        },
        ConformanceCase(
            "close.closesBeforeReturning",
            "C1",
            "Every call of close returns after the bus is closed.",
            needs: .reportsClosed
        ) { probe in
            let closing = (1...8).map { number in
                probe.attempt {
                    await probe.close()
                    try await probe.expect("publish after close", throws: .busClosed) {
                        try await probe.publish("\(number)")
                    }
                }
            }
            for attempt in closing { try await probe.expectEnd(of: attempt, "close") }
        },
        ConformanceCase(
            "close.refusesPublish",
            "C1",
            "Publish on a closed bus throws busClosed.",
            needs: .reportsClosed
        ) { probe in
            try await probe.publish("a")
            await probe.close()
            try await probe.expect("publish", throws: .busClosed) { try await probe.publish("b") }
            try await probe.expect("publish in a cancelled task", throws: .busClosed) {
                try await probe.cancelled { try await probe.publish("c") }
            }
        },
        ConformanceCase(
            "close.worksInCancelledTask",
            "C1",
            "A task that is cancelled closes the bus as any other does.",
            needs: .reportsClosed
        ) { probe in
            let subscription = try await probe.subscribe()
            try await probe.cancelled { await probe.close() }
            try await probe.expect("publish", throws: .busClosed) { try await probe.publish("a") }
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "close.refusesSubscribe",
            "C1",
            "Subscribe on a closed bus throws busClosed.",
            needs: .reportsClosed
        ) { probe in
            await probe.close()
            try await probe.expect("subscribe", throws: .busClosed) {
                _ = try await probe.open(SubscriptionOptions())
            }
        },
        ConformanceCase(
            "close.wakesPublishers",
            "C2",
            "Publishers that wait for room throw busClosed when the bus is closed.",
            needs: [.blocking, .reportsClosed]
        ) { probe in
            let narrow = try await probe.subscribeNarrow()
            try await probe.publish("a")
            let waiting = [try await probe.park("b", at: narrow), try await probe.park("c", at: narrow)]
            await probe.close()
            for publish in waiting {
                try await probe.expect("the waiting publish", throws: .busClosed) {
                    try await probe.expectEnd(of: publish, "the waiting publish")
                }
            }
            try probe.expect("what was buffered", try await probe.drain(narrow.subscription), is: ["a"])
        },
        ConformanceCase(
            "close.reportsWhatWaited",
            "C2",
            "For a publisher that waits when the bus is closed, each subscription that is full reports onDrop(.closed).",
            needs: .observedBlocking
        ) { probe in
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish("a")
            _ = try await probe.park("b", at: first, second)
            await probe.close()
            for full in [first, second] {
                try probe.expect(
                    "callbacks",
                    probe.callbacks(about: full.id),
                    is: ["delivered a", "dropped b (closed)"]
                )
            }
        },
        ConformanceCase(
            "close.drainsSubscriptions",
            "C3",
            "Subscriptions of a closed bus hand out what is buffered, then end.",
            needs: .buffered
        ) { probe in
            let subscriptions = [try await probe.subscribe(), try await probe.subscribe(to: ">")]
            try await probe.publish("a", "b")
            await probe.close()
            for subscription in subscriptions {
                try probe.expect("what was buffered", try await probe.drain(subscription), is: ["a", "b"])
                try await probe.expectEnded(subscription)
            }
        },
        ConformanceCase(
            "close.endsWaitingConsumers",
            "C3",
            "A task that waits for an envelope gets nil when the bus is closed."
        ) { probe in
            let subscription = try await probe.subscribe()
            let consumer = probe.attempt { await subscription.first { _ in true }?.label }
            await probe.close()
            let received = try await probe.expectEnd(of: consumer, "a waiting consumer")
            try probe.expect("what the consumer gets", received, is: nil)
            try await probe.expectEnded(subscription)
        },
        ConformanceCase(
            "close.leavesNothingRunning",
            "C4",
            "After close has returned nothing is enqueued and no callback fires.",
            needs: [.observed, .reportsClosed]
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 10_000)
            let publishing = (1...3).map { task in
                probe.attempt { try await probe.publishUntilClosed("task \(task)", atMost: 1000) }
            }
            try await probe.observer.recorder.waitUntil(within: probe.waitFor) { $0.count >= 100 }
            await probe.close()
            let atClose = probe.callbacks
            for publish in publishing { try await probe.expectEnd(of: publish, "publish while the bus is closed") }
            try await probe.expect("publish", throws: .busClosed) { try await probe.publish("late") }
            let delivered = atClose.count { $0.hasPrefix("delivered") }
            try probe.expect("how much was buffered", try await probe.drain(subscription).count, is: delivered)
            probe.close(subscription)
            try probe.expect("callbacks after close", probe.callbacks.count - atClose.count, is: 0)
        },
        ConformanceCase(
            "close.silencesFullSubscriptions",
            "C4",
            "Reading what a closed bus had buffered causes no callback.",
            needs: .observed
        ) { probe in
            let oldest = try await probe.subscribe(capacity: 1, backpressure: .dropOldest)
            let newest = try await probe.subscribe(capacity: 1)
            try await probe.publish("a", "b")
            await probe.close()
            let atClose = probe.callbacks
            try? await probe.publish("late")
            try probe.expect("what was buffered", try await probe.drain(oldest), is: ["b"])
            try probe.expect("what was buffered", try await probe.drain(newest), is: ["a"])
            try probe.expect("all callbacks", probe.callbacks, is: atClose)
        },
    ]
}
