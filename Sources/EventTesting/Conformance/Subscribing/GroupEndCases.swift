import EventCore

/// What becomes of the envelopes of a member that ends: S8.
enum GroupEndCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "group.handsOverWhenClosed",
            "S8",
            "A member that is closed hands what it has buffered to the others, in order.",
            needs: [.groups, .buffered]
        ) { probe in
            let (leaving, staying) = (try await probe.member(), try await probe.member())
            let labels = ["a", "b", "c", "d", "e", "f"]
            try await probe.publish(labels)
            probe.close(leaving)
            try await probe.expectEnded(leaving)
            await probe.close()
            try await probe.expectHandedOver(labels, to: staying)
        },
        ConformanceCase(
            "group.handsOverWhenReleased",
            "S8",
            "A member that nothing refers to any more hands what it has buffered to the others.",
            needs: [.groups, .buffered]
        ) { probe in
            let staying = try await probe.member()
            do {
                let leaving = try await probe.member()
                try await probe.publish("a", "b", "c", "d")
                withExtendedLifetime(leaving) {}
            }
            await probe.close()
            try await probe.expectHandedOver(["a", "b", "c", "d"], to: staying)
        },
        ConformanceCase(
            "group.handsOverWhenCancelled",
            "S8",
            "A member whose reader is cancelled hands what it has buffered to the others.",
            needs: [.groups, .buffered]
        ) { probe in
            let (leaving, staying) = (try await probe.member(), try await probe.member())
            try await probe.publish("a", "b", "c", "d")
            _ = try await probe.cancelled { await leaving.next(within: .seconds(1)) == nil }
            await probe.close()
            try await probe.expectHandedOver(["a", "b", "c", "d"], to: staying)
        },
        ConformanceCase(
            "group.handsOverToFullMembers",
            "S8",
            "What a member hands over is taken whatever the capacity of the others, and told as delivered to them.",
            needs: [.groups, .observed]
        ) { probe in
            let leaving = try await probe.member(capacity: 2)
            let staying = try await probe.member(capacity: 2)
            try await probe.publish("a", "b", "c", "d")
            probe.close(leaving)
            let drops = probe.callbacks.filter { $0.hasPrefix("dropped") }
            let told = probe.callbacks(about: staying.id)
            await probe.close()
            try probe.expect("drops", drops, is: [])
            try probe.expect("callbacks", told.sorted(), is: ["a", "b", "c", "d"].map { "delivered \($0)" })
            try await probe.expectHandedOver(["a", "b", "c", "d"], to: staying)
        },
        ConformanceCase(
            "group.handsOverToWaitingMembers",
            "S8",
            "A member that waits for an envelope gets what another hands over.",
            needs: [.groups, .buffered]
        ) { probe in
            let leaving = try await probe.member()
            try await probe.publish("a")
            let staying = try await probe.member()
            let reader = probe.attempt { await probe.receive(1, from: staying) }
            probe.close(leaving)
            try probe.expect("what arrives", try await probe.expectEnd(of: reader, "the reader"), is: ["a"])
        },
        ConformanceCase(
            "group.handsOverWhatIsWanted",
            "S8",
            "What a member hands over goes to those whose predicates accept it; the rest is told as dropped.",
            needs: [.groups, .observed]
        ) { probe in
            let leaving = try await probe.member()
            try await probe.publish("a", "b", "c", "d")
            let choosy = try await probe.subscribe(group: "workers") { "bd".contains($0.label) }
            probe.close(leaving)
            let drops = probe.callbacks(about: leaving.id).filter { $0.hasPrefix("dropped") }
            await probe.close()
            try probe.expect("drops", drops, is: ["dropped a (closed)", "dropped c (closed)"])
            try probe.expect("what arrives", try await probe.drain(choosy), is: ["b", "d"])
        },
        ConformanceCase(
            "group.closeWaitsForHandingOver",
            "S8",
            "The bus is closed only when callbacks about what a member hands over have ended.",
            needs: [.groups, .observed]
        ) { probe in
            let (leaving, staying) = (try await probe.member(), try await probe.member())
            try await probe.publish("a", "b")
            let stop = Stop()
            defer { stop.letGo() }
            probe.observer.duringCallbacks { _ in stop.wait() }
            let leave = probe.attempt(on: TurnExecutor()) { probe.close(leaving) }
            try await probe.expect("a callback about what is handed over", in: stop.reached) { !$0.isEmpty }
            let close = probe.attempt { await probe.close() }
            let early = try await close.result(within: probe.stayQuiet)
            stop.letGo()
            try probe.expect(early == nil, "close to wait for the callback", seen: "it returned")
            try await probe.expectEnd(of: close, "close once the callback has ended")
            try await probe.expectEnd(of: leave, "the close of a member")
            try probe.expect("what arrives", try await probe.drain(staying).sorted(), is: ["a", "b"])
        },
        ConformanceCase(
            "group.lastMemberKeepsBuffer",
            "S8",
            "What the last member has buffered when it is closed can still be read.",
            needs: [.groups, .buffered]
        ) { probe in
            let last = try await probe.member()
            try await probe.publish("a", "b")
            probe.close(last)
            try probe.expect("what was buffered", try await probe.drain(last), is: ["a", "b"])
        },
        ConformanceCase(
            "group.beginsAnew",
            "S8",
            "A group that has lost its last member begins anew with the next one.",
            needs: [.groups, .buffered]
        ) { probe in
            for round in 1...3 {
                let member = try await probe.member()
                try await probe.publish("\(round)")
                try probe.expect("what arrives", await probe.receive(1, from: member), is: ["\(round)"])
                probe.close(member)
                try await probe.publish("to nobody")
                try await probe.expectEnded(member)
            }
        },
        ConformanceCase(
            "group.accountsForEndedMember",
            "S8",
            "An envelope whose group ends between matching and enqueuing is told as dropped, once.",
            needs: [.groups, .observed]
        ) { probe in
            let members = Journal<Subscription>()
            for _ in 1...2 {
                let member = try await probe.subscribe(group: "workers") { _ in
                    for member in members.entries { probe.close(member) }
                    return true
                }
                members.append(member)
            }
            try await probe.publish("a", "b")
            let told = probe.callbacks.sorted()
            try probe.expect("callbacks", told, is: ["dropped a (closed)", "published a", "published b"])
        },
        ConformanceCase(
            "group.reportsUnread",
            "S8",
            "What the last member throws away is told as dropped, whichever way it goes.",
            needs: [.groups, .observed]
        ) { probe in
            for way in Going.allCases {
                try probe.expect(
                    "callbacks about a member that is \(way)",
                    probe.callbacks(about: try await probe.fillLastMember(until: way)),
                    is: ["delivered a", "delivered b", "dropped a (closed)", "dropped b (closed)"]
                )
            }
        },
        ConformanceCase(
            "group.freesPublishers",
            "S8",
            "A publisher waits while a member is left, and goes on when the last has ended; that is told once.",
            needs: [.groups, .observedBlocking]
        ) { probe in
            let (first, second, publish) = try await probe.fullGroup()
            probe.close(first)
            let early = try await publish.result(within: probe.stayQuiet)
            try probe.expect(early == nil, "publish to wait while a member is left", seen: "it ended")
            probe.close(second)
            try await probe.expectEnd(of: publish, "the waiting publish")
            let told = probe.callbacks.filter { $0.contains(" c") }
            try probe.expect("callbacks about it", told, is: ["published c", "dropped c (closed)"])
        },
        ConformanceCase(
            "group.reportsCancellation",
            "S8",
            "A publisher that is cancelled while it waits for a group throws; that is told once, and nobody gets the envelope.",
            needs: [.groups, .observedBlocking]
        ) { probe in
            let (first, second, publish) = try await probe.fullGroup()
            publish.task.cancel()
            try await probe.expect("the cancelled publish", throws: .cancellation) {
                try await probe.expectEnd(of: publish, "the cancelled publish")
            }
            let told = probe.callbacks.filter { $0.contains(" c") }
            await probe.close()
            try probe.expect("callbacks about it", told, is: ["published c", "dropped c (cancelled)"])
            let rest = try await probe.drain(first) + probe.drain(second)
            try probe.expect("what arrives at all members", rest.sorted(), is: ["a", "b"])
        },
        ConformanceCase(
            "group.closeWakesPublishers",
            "S8",
            "A publisher that waits for a group throws when the bus is closed, and members drain.",
            needs: [.groups, .observedBlocking]
        ) { probe in
            let (first, second, publish) = try await probe.fullGroup()
            await probe.close()
            try await probe.expect("the waiting publish", throws: .busClosed) {
                try await probe.expectEnd(of: publish, "the waiting publish")
            }
            let told = probe.callbacks.filter { $0.contains(" c") }
            try probe.expect("callbacks about it", told, is: ["published c", "dropped c (closed)"])
            let rest = try await probe.drain(first) + probe.drain(second)
            try probe.expect("what arrives at all members", rest.sorted(), is: ["a", "b"])
        },
    ]
}

/// How a member leaves something unread.
private enum Going: CaseIterable { case cancelled, released, closedAndReleased }

extension ConformanceProbe {
    /// Subscribes as a member of a group of which a case has one for each topic.
    func member(
        of topic: String = defaultTopic,
        capacity: Int = 0,
        backpressure: BackpressurePolicy = .dropNewest
    ) async throws -> Subscription {
        try await subscribe(to: topic, capacity: capacity, backpressure: backpressure, group: "workers")
    }

    /// Leaves `a` and `b` unread in the only member of a group.
    fileprivate func fillLastMember(until way: Going) async throws -> SubscriptionID {
        let last = try await member()
        try await publish("a", "b")
        switch way {
        case .cancelled: _ = try await cancelled { await last.next(within: .seconds(1)) == nil }
        case .released: break
        case .closedAndReleased: close(last)
        }
        return last.id
    }

    /// Two members that are full with `a` and `b`, and a publish that waits for them with `c`.
    fileprivate func fullGroup() async throws -> (first: Subscription, second: Subscription, publish: Attempt<Void>) {
        let first = try await member(capacity: 1, backpressure: .block)
        let second = try await member(capacity: 1, backpressure: .block)
        try await publish("a", "b")
        return (first, second, try await park("c"))
    }

    /// Expects a member to have had some labels, in order, and behind them the rest, in order, from another one.
    fileprivate func expectHandedOver(_ labels: [String], to member: Subscription) async throws {
        let seen = try await drain(member)
        try expect("what arrives at the member that is left", seen.sorted(), is: labels)
        let turn = seen.indices.dropFirst().first { seen[$0] < seen[$0 - 1] } ?? seen.endIndex
        let (own, others) = (seen[..<turn], seen[turn...])
        let isInOrder = own.count == labels.count / 2 && others.sorted() == Array(others)
        try expect(isInOrder, "its own in order, and behind them those of the other", seen: "\(seen)")
    }
}
