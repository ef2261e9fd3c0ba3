import EventCore

/// How envelopes are read: S5, and `next(within:)`.
enum ReadingCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "subscribe.sharesAmongConsumers",
            "S5",
            "When several tasks iterate one subscription, each envelope goes to exactly one of them.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            let received = Journal<String>()
            let consumers = (1...3).map { _ in
                probe.attempt { for await envelope in subscription { received.append(envelope.label) } }
            }
            let labels = (1...60).map { "\($0)" }
            try await probe.publish(labels)
            try await probe.expect("60 envelopes", in: received) { $0.count == 60 }
            probe.close(subscription)
            for consumer in consumers { try await probe.expectEnd(of: consumer, "a loop over a closed subscription") }
            try probe.expect("what arrives in all", received.entries.sorted(), is: labels.sorted())
        },
        ConformanceCase(
            "subscribe.servesConsumersInOrder",
            "S5",
            "Tasks that wait for an envelope are served in order.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            let queue = ConsumerQueue(subscription, probe)
            let consumers = [await queue.next(), await queue.next(), await queue.next()]
            try await probe.publish("a", "b", "c")
            for (consumer, label) in zip(consumers, ["a", "b", "c"]) {
                let received = try await probe.expectEnd(of: consumer, "a waiting consumer")
                try probe.expect("what a consumer gets", received, is: label)
            }
        },
        ConformanceCase(
            "subscribe.passesByThoseWhoGaveUp",
            "S5",
            "A task whose time is up is not served; the others are, in order, whatever their limits.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            let queue = ConsumerQueue(subscription, probe)
            var consumers: [Attempt<String?>] = []
            for limit in [nil, probe.stayQuiet, probe.waitFor * 4, nil] {
                consumers.append(await queue.next(within: limit))
            }
            let early = consumers.remove(at: 1)
            try probe.expect("what is in time", try await probe.expectEnd(of: early, "a wait with a limit"), is: nil)
            try await probe.publish("a", "b", "c")
            for (consumer, label) in zip(consumers, ["a", "b", "c"]) {
                let received = try await probe.expectEnd(of: consumer, "a waiting consumer")
                try probe.expect("what a consumer gets", received, is: label)
            }
        },
        ConformanceCase(
            "end.timeoutLeavesSubscription",
            "S5",
            "Running out of time in next(within:) does not end a subscription.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            let early = [
                await subscription.next(within: .zero), await subscription.next(within: .milliseconds(1)),
            ]
            try probe.expect("what arrives before publishing", early.map(\.?.label), is: [nil, nil])
            try await probe.publish("a")
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
        },
        ConformanceCase(
            "end.zeroTakesOnlyWhatIsThere",
            "S5",
            "next(within:) with zero or less takes what is buffered and does not wait.",
            needs: .buffered
        ) { probe in
            let subscription = try await probe.subscribe()
            try await probe.publish("a")
            let turns = TurnExecutor()
            let steps = Journal<String>()
            // Both begin in one turn: what the first does without waiting comes before the second.
            let starting = probe.attempt(on: turns) {
                let reader = probe.attempt(on: turns) {
                    for limit in [Duration.zero, .zero, .seconds(-1)] {
                        steps.append(await subscription.next(within: limit)?.label ?? "nothing")
                    }
                }
                return (reader, probe.attempt(on: turns) { steps.append("the next turn") })
            }
            let (reader, other) = try await probe.expectEnd(of: starting, "the start of two tasks")
            try await probe.expectEnd(of: reader, "next(within: .zero)")
            try await probe.expectEnd(of: other, "a task beside it")
            try probe.expect("what happens", steps.entries, is: ["a", "nothing", "nothing", "the next turn"])
        },
    ]
}
