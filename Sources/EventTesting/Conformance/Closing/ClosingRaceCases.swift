import EventCore

/// What is under way when a bus is closed: C4, C5.
enum ClosingRaceCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "close.waitsForCallbacks",
            "C4",
            "Close returns only when callbacks in progress have ended, and so does closing again meanwhile.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe()
            let stop = Stop()
            defer { stop.letGo() }
            probe.observer.duringCallbacks { event in
                if case .delivered = event { stop.wait() }
            }
            let publish = probe.attempt(on: TurnExecutor()) { try await probe.publish("a") }
            try await probe.expect("a callback in progress", in: stop.reached) { !$0.isEmpty }
            let closing = [probe.attempt { await probe.close() }, probe.attempt { await probe.close() }]
            for close in closing { _ = try await close.result(within: probe.stayQuiet) }
            let returned = closing.count { $0.isFinished }
            stop.letGo()
            try probe.expect("how often close returns while a callback is in progress", returned, is: 0)
            for close in closing { try await probe.expectEnd(of: close, "close once the callback has ended") }
            _ = try await probe.expectEnd(of: publish.settled(), "the publish whose callback was in progress")
            try probe.expect("what was buffered", try await probe.drain(subscription), is: ["a"])
        },
        ConformanceCase(
            "close.accountsForWhatWasAnnounced",
            "C5",
            "Once onPublish has fired every match is accounted for, although another task closes the bus.",
            needs: [.observed, .reportsClosed]
        ) { probe in
            let subscriptions = [
                try await probe.subscribe(capacity: 10_000), try await probe.subscribe(to: ">", capacity: 10_000),
                try await probe.subscribe(to: "*", capacity: 1),
            ]
            let publishing = (1...3).map { task in
                probe.attempt { try await probe.publishUntilClosed("task \(task)", atMost: 1000) }
            }
            try await probe.observer.recorder.waitUntil(within: probe.waitFor) { $0.count >= 50 }
            await probe.close()
            for publish in publishing { try await probe.expectEnd(of: publish, "publish while the bus is closed") }
            try probe.expectAccount(of: subscriptions)
        },
        ConformanceCase(
            "close.accountsWhenAnnouncingCloses",
            "C5",
            "Once onPublish has fired every match is accounted for, although the bus is closed before anyone has it.",
            needs: [.observed, .reportsClosed]
        ) { probe in
            let subscriptions = [try await probe.subscribe(), try await probe.subscribe(to: ">")]
            let begun = Journal<Void>()
            probe.observer.duringCallbacks { event in
                guard case .published = event, begun.entries.isEmpty else { return }
                begun.append(())
                Thread.wait(atMost: probe.stayQuiet) { await probe.close() }
            }
            try await probe.publishAsBusCloses()
            try probe.expectAccount(of: subscriptions)
        },
        ConformanceCase(
            "close.accountsWhenPredicateCloses",
            "C5",
            "Once onPublish has fired every match is accounted for, although a predicate closes the bus.",
            needs: [.observed, .reportsClosed]
        ) { probe in
            let before = [try await probe.subscribe(), try await probe.subscribe(to: ">")]
            let begun = Journal<Void>()
            let closing = try await probe.subscribe(to: "*") { _ in
                if begun.entries.isEmpty {
                    begun.append(())
                    Thread.wait(atMost: probe.stayQuiet) { await probe.close() }
                }
                return true
            }
            let after = [try await probe.subscribe(), try await probe.subscribe(to: ">")]
            try await probe.publishAsBusCloses()
            try probe.expect("how often the predicate was asked", begun.entries.count, is: 1)
            try probe.expectAccount(of: before + [closing] + after)
        },
        ConformanceCase(
            "close.endsWhatBegins",
            "C3",
            "A subscription that begins while the bus is closed ends with it, or is refused.",
            needs: .reportsClosed
        ) { probe in
            let turns = TurnExecutor()
            // All are started in one turn, so that closing comes between the steps of the others.
            let starting = probe.attempt(on: turns) {
                let subscribing = (1...8).map { _ in
                    probe.attempt(on: turns) { try await probe.open(SubscriptionOptions()) }
                }
                return (subscribing, probe.attempt(on: turns) { await probe.close() })
            }
            let (subscribing, closing) = try await probe.expectEnd(of: starting, "the start of the tasks")
            try await probe.expectEnd(of: closing, "close beside others who subscribe")
            for attempt in subscribing {
                do {
                    try await probe.expectEnded(try await probe.expectEnd(of: attempt, "subscribe beside close"))
                } catch EventError.busClosed {}
            }
        },
        ConformanceCase(
            "close.accountsForFullSubscriptions",
            "C5",
            "A subscription that is full when a predicate closes the bus reports onDrop(.closed), too.",
            needs: [.observedBlocking, .reportsClosed]
        ) { probe in
            let narrow = try await probe.subscribeNarrow(to: "*")
            let publish = try await probe.publish(past: narrow) { await probe.close() }
            _ = try await probe.expectEnd(of: publish.settled(), "the publish whose predicate closes the bus")
            await probe.close()
            let callbacks = probe.callbacks(about: narrow.id)
            try probe.expect("callbacks", callbacks, is: ["delivered a", "dropped b (closed)"])
        },
        ConformanceCase(
            "close.returnsInsidePredicate",
            "P8",
            "Closing the bus inside a predicate does not deadlock, although the predicate waits until it is closed.",
            needs: .buffered
        ) { probe in
            let returned = Journal<Bool>()
            let subscription = try await probe.subscribe { _ in
                guard returned.entries.isEmpty else { return true }
                let close = probe.attempt(on: TurnExecutor()) { await probe.close() }
                Thread.wait(atMost: probe.waitFor) { _ = try? await close.result(within: probe.waitFor) }
                returned.append(close.isFinished)
                return true
            }
            let publish = probe.attempt(on: TurnExecutor()) { try await probe.publishUntilClosed("task 1", atMost: 1) }
            try await probe.expect("a predicate that has closed the bus", in: returned) { !$0.isEmpty }
            try probe.expect("whether close returned", returned.entries, is: [true])
            try await probe.expectEnd(of: publish, "the publish whose predicate closes the bus")
            try await probe.expectEnded(subscription)
        },
    ]
}

extension Attempt {
    /// Work that ends when this does, whatever its outcome.
    fileprivate func settled() -> Attempt<Void> {
        Attempt<Void> { [task] in await task.value }
    }
}

extension ConformanceProbe {
    /// Publishes until the bus is closed, which some buses do not report.
    func publishUntilClosed(_ name: String, atMost count: Int) async throws {
        do {
            for number in 1...count { try await publish("\(name): \(number)") }
        } catch EventError.busClosed {}
    }

    /// Publishes an envelope while something closes the bus, on a thread that may be made to wait.
    ///
    /// Whether the publish succeeds or throws `busClosed` is left to the bus.
    fileprivate func publishAsBusCloses() async throws {
        let publish = attempt(on: TurnExecutor()) { try await self.publishUntilClosed("task 1", atMost: 1) }
        try await expectEnd(of: publish, "publish while the bus is closed")
        await close()
        try expect("what onPublish announces", announced, is: ["task 1: 1"])
    }

    /// Expects one callback for each envelope that was announced and each subscription, all of which match.
    fileprivate func expectAccount(of subscriptions: [Subscription]) throws {
        for subscription in subscriptions {
            let told = events.filter { $0.subscription == subscription.id }.map(\.envelope.label)
            try expect(
                "deliveries and drops of what was announced, at \(name(of: subscription.id))",
                told.sorted(),
                is: announced.sorted()
            )
        }
    }
}
