import EventCore

/// What an observer is told of subscriptions: O5.
enum ObservedSubscriptionCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "observer.isToldOfSubscriptions",
            "O5",
            "onSubscribe comes once for each subscription, before subscribe returns, with what was asked for.",
            needs: .observed
        ) { probe in
            let plain = try await probe.subscribe()
            try probe.expect("callbacks", probe.lives(of: plain), is: ["subscribed"])
            let named = try await probe.subscribe(to: "*", capacity: 7, backpressure: .block, name: "audit") { _ in true
            }
            try probe.expect("callbacks", probe.lives(of: named), is: ["subscribed"])
            let expected = [
                SubscriptionInfo(id: plain.id, pattern: plain.pattern),
                SubscriptionInfo(
                    id: named.id,
                    pattern: named.pattern,
                    name: "audit",
                    bufferCapacity: 7,
                    backpressure: .block,
                    hasPredicate: true
                ),
            ]
            let told = probe.observer.recorder.openSubscriptions.filter { [plain.id, named.id].contains($0.id) }
            try probe.expect("what onSubscribe was told", told, is: expected)
        },
        ConformanceCase(
            "observer.isToldOfSubscriptionsFirst",
            "O5",
            "onSubscribe comes before every other callback about its subscription.",
            needs: .observed
        ) { probe in
            let hasEnough = Journal<Void>()
            let publishing = probe.attempt {
                for number in 1...2000 where hasEnough.entries.isEmpty {
                    try await probe.publish("\(number)")
                    await Task.yield()
                }
            }
            var subscriptions: [Subscription] = []
            for round in 1...20 {
                let policy = BackpressurePolicy.allCases[round % 2]
                subscriptions.append(try await probe.subscribe(capacity: 1, backpressure: policy))
                await Task.yield()
            }
            hasEnough.append(())
            try await probe.expectEnd(of: publishing, "the publishing beside it")
            try await probe.publish("last")
            for subscription in subscriptions {
                let callbacks = probe.observer.recorder.callbacks.filter { $0.subscription == subscription.id }
                try probe.expect(
                    callbacks.count > 1,
                    "callbacks about \(probe.name(of: subscription.id))",
                    seen: "\(callbacks)"
                )
                try probe.expect(callbacks.first?.isSubscribed == true, "onSubscribe first", seen: "\(callbacks)")
            }
        },
        ConformanceCase(
            "observer.isToldOfEnds",
            "O5",
            "onEnd comes exactly once for each subscription, whichever way it ends, and says which.",
            needs: .observed
        ) { probe in
            var lives: [(way: WayOut, id: SubscriptionID)] = []
            for way in WayOut.allCases { lives.append((way, try await probe.subscribe(endingBy: way))) }
            let last = try await probe.subscribe()
            for (way, id) in lives {
                try probe.expect(
                    "callbacks, ended by \(way)",
                    probe.lives(of: id),
                    is: ["subscribed", way.end.rawValue]
                )
            }
            await probe.close()
            await probe.close()
            try probe.expect("callbacks at close", probe.lives(of: last), is: ["subscribed", "bus_closed"])
            probe.close(last)
            for id in lives.map(\.id) + [last.id] {
                try probe.expect("callbacks about \(probe.name(of: id)), in the end", probe.lives(of: id).count, is: 2)
            }
        },
        ConformanceCase(
            "observer.isToldOfEndsInRaces",
            "O5",
            "Where several ends meet, the bus's own among them, onEnd comes once, and before close returns.",
            needs: .observed
        ) { probe in
            var subscriptions: [Subscription] = []
            for _ in 1...40 { subscriptions.append(try await probe.subscribe()) }
            let ids = subscriptions.map(\.id)
            let ending = subscriptions.enumerated().map { index, subscription in
                probe.attempt {
                    if index % 3 == 0 { subscription.close() }
                    if index % 3 == 1 { for await _ in subscription {} }
                }
            }
            for index in stride(from: 1, to: 40, by: 3) { ending[index].task.cancel() }
            let closing = (1...2).map { _ in probe.attempt { await probe.close() } }
            subscriptions.removeAll()
            for attempt in closing { try await probe.expectEnd(of: attempt, "close beside other ends") }
            let told = probe.observer.recorder.callbacks.count
            for attempt in ending { try await probe.expectEnd(of: attempt, "the end of a subscription") }
            for id in ids {
                let lives = probe.lives(of: id)
                try probe.expect(
                    lives.count == 2 && lives.first == "subscribed",
                    "one onEnd of \(probe.name(of: id))",
                    seen: "\(lives)"
                )
            }
            try probe.expect("callbacks after close", probe.observer.recorder.callbacks.count, is: told)
        },
        ConformanceCase(
            "observer.isToldOfNoneThatIsRefused",
            "O5",
            "What subscribe refuses leaves no subscription that has begun and not ended, and a closed bus tells of none.",
            needs: [.observed, .reportsClosed]
        ) { probe in
            let excessive = SubscriptionOptions(bufferCapacity: SubscriptionOptions.maximumBufferCapacity + 1)
            for options in [excessive, SubscriptionOptions(group: "no name")] {
                try await probe.expect("subscribe", throws: .invalidConfiguration) { _ = try await probe.open(options) }
            }
            try probe.expect("subscriptions that have not ended", probe.observer.recorder.openSubscriptions, is: [])
            await probe.close()
            let told = probe.observer.recorder.callbacks.count
            try await probe.expect("subscribe", throws: .busClosed) {
                _ = try await probe.open(SubscriptionOptions())
            }
            try probe.expect("callbacks after close", probe.observer.recorder.callbacks.count, is: told)
        },
        ConformanceCase(
            "observer.isToldOfBeginningsOutsideLocks",
            "O1",
            "onSubscribe is called outside every lock: while it runs, another thread can use the bus.",
            needs: .observed
        ) { probe in
            let other = try await probe.subscribe()
            let closed = Journal<Bool>()
            probe.observer.duringBeginnings { _ in
                closed.append(other.isClosedByAnotherThread(within: probe.waitFor))
            }
            _ = try await probe.subscribe()
            try probe.expect("whether another could be closed", closed.entries, is: [true])
        },
        ConformanceCase(
            "observer.isToldOfEndsOutsideLocks",
            "O1",
            "onEnd is called outside every lock: while it runs, another thread can use the bus.",
            needs: .observed
        ) { probe in
            let others = [try await probe.subscribe(), try await probe.subscribe()]
            let closed = Journal<Bool>()
            let first = try await probe.subscribe()
            probe.observer.duringEnds { ended in
                guard !others.contains(where: { $0.id == ended.id }), closed.entries.count < others.count else {
                    return
                }
                closed.append(others[closed.entries.count].isClosedByAnotherThread(within: probe.waitFor))
            }
            probe.close(first)
            try probe.expect("whether another could be closed", closed.entries, is: [true])
            let id = try await probe.subscribe(endingBy: .release)
            try probe.expect("callbacks", probe.lives(of: id), is: ["subscribed", "released"])
            try probe.expect("whether others could be closed", closed.entries, is: [true, true])
        },
    ]
}

/// The ways in which a subscription ends before its bus does.
private enum WayOut: String, CaseIterable {
    case close, closeTwice, scope, scopeThatThrows
    case cancelledLoop, cancelledRead, release, releaseOfIterator

    var end: SubscriptionEnd {
        switch self {
        case .close, .closeTwice, .scope, .scopeThatThrows: .closed
        case .cancelledLoop, .cancelledRead: .cancelled
        case .release, .releaseOfIterator: .released
        }
    }
}

extension RecordingObserver.Callback {
    fileprivate var isSubscribed: Bool {
        if case .subscribed = self { true } else { false }
    }
}

extension ConformanceProbe {
    fileprivate func lives(of subscription: Subscription) -> [String] { lives(of: subscription.id) }

    /// The callbacks that are not about envelopes: "subscribed", and why it ended.
    fileprivate func lives(of id: SubscriptionID) -> [String] {
        observer.recorder.callbacks.compactMap { callback in
            switch callback {
            case .subscribed(let subscription) where subscription.id == id: "subscribed"
            case .ended(let subscription, let reason) where subscription.id == id: reason.rawValue
            default: nil
            }
        }
    }

    /// Opens a subscription, has something in its buffer, and ends it.
    fileprivate func subscribe(endingBy way: WayOut) async throws -> SubscriptionID {
        if way == .scope || way == .scopeThatThrows {
            return try await subscribeInScope(throwing: way == .scopeThatThrows)
        }
        let subscription = try await subscribe()
        try await publish("for \(way)")
        switch way {
        case .close:
            close(subscription)
        case .closeTwice:
            close(subscription)
            close(subscription)
        case .cancelledLoop:
            let loop = attempt { for await _ in subscription {} }
            loop.task.cancel()
            try await expectEnd(of: loop, "the loop of a cancelled task")
        case .cancelledRead:
            _ = try await cancelled { await subscription.next(within: self.waitFor) }
        case .releaseOfIterator:
            var iterator = subscription.makeAsyncIterator()
            _ = await iterator.next()
        case .release, .scope, .scopeThatThrows:
            break
        }
        return subscription.id
    }

    private func subscribeInScope(throwing: Bool) async throws -> SubscriptionID {
        let ids = Journal<SubscriptionID>()
        let pattern = try pattern()
        do {
            try await subscriber.withSubscription(to: pattern) { subscription in
                ids.append(subscription.id)
                if throwing { throw CancellationError() }
            }
        } catch is CancellationError {}
        guard let id = ids.entries.first else { throw failure(expected: "a subscription in its scope", seen: "none") }
        return id
    }
}
