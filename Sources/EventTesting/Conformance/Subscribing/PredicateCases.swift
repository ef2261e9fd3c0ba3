import EventCore

/// Predicates: S6.
enum PredicateCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "predicate.filtersEnvelopes",
            "S6",
            "A subscription gets what matches and its predicate accepts.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe { $0.label.hasPrefix("wanted") }
            let other = try await probe.subscribe { !$0.label.hasPrefix("wanted") }
            // Both answers alternate on one subject, so remembering either shows.
            let labels = ["wanted 1", "unwanted 1", "wanted 2", "unwanted 2", "wanted 3"]
            try await probe.publish(labels)
            try await probe.publish("wanted last", "unwanted last")
            let wanted = await probe.receive(4, from: subscription)
            try probe.expect("what arrives", wanted, is: ["wanted 1", "wanted 2", "wanted 3", "wanted last"])
            let unwanted = await probe.receive(3, from: other)
            try probe.expect("what arrives", unwanted, is: ["unwanted 1", "unwanted 2", "unwanted last"])
        },
        ConformanceCase(
            "predicate.runsOnEachPublish",
            "S6",
            "A predicate is asked on each publish, and its answer is never cached.",
            needs: .buffered
        ) { probe in
            let asked = Journal<String>()
            let subscription = try await probe.subscribe { envelope in
                asked.append(envelope.label)
                return asked.entries.count.isMultiple(of: 2)
            }
            try await probe.publish("a", "b", "c", "d")
            try probe.expect("what the predicate is asked about", asked.entries, is: ["a", "b", "c", "d"])
            probe.close(subscription)
            try probe.expect("what was buffered", try await probe.drain(subscription), is: ["b", "d"])
        },
        ConformanceCase(
            "predicate.mayCloseSubscriptions",
            "S6",
            "Predicates run outside every lock, so one may close subscriptions, its own included.",
            needs: .delivers
        ) { probe in
            let toClose = Journal<Subscription>()
            let own = try await probe.subscribe { _ in
                for subscription in toClose.entries { probe.close(subscription) }
                return false
            }
            toClose.append(own)
            toClose.append(try await probe.subscribe(to: "other"))
            let publish = probe.attempt { try await probe.publish("a") }
            try await probe.expectEnd(of: publish, "publish through a predicate that closes subscriptions")
            for subscription in toClose.entries { try await probe.expectEnded(subscription) }
        },
    ]
}
