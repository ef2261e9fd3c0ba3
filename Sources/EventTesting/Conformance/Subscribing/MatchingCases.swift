import EventCore

/// Which subjects a pattern matches: V3.
enum MatchingCases {
    static let all: [ConformanceCase] = [
        matching(
            "matching.comparesWholeSegments",
            "Without a wildcard, a pattern matches its own subject and no other.",
            "orders.eu",
            matches: ["orders.eu"],
            not: ["orders", "orders.eu.created", "orders.e", "orders.euro", "order.eu", "eu.orders", "orders.us"]
        ),
        matching(
            "matching.isCaseSensitive",
            "Literals compare byte for byte, so case matters.",
            "Orders.EU",
            matches: ["Orders.EU"],
            not: ["orders.eu", "ORDERS.EU", "Orders.eu"]
        ),
        matching(
            "matching.comparesBytes",
            "Literals compare byte for byte, so canonical equivalence does not count.",
            "caf\u{E9}.\u{212B}",
            matches: ["caf\u{E9}.\u{212B}"],
            not: ["cafe\u{301}.\u{212B}", "caf\u{E9}.\u{C5}", "cafe.\u{212B}"]
        ),
        matching(
            "matching.starIsOneSegment",
            "* matches exactly one segment.",
            "orders.*",
            matches: ["orders.eu", "orders.us"],
            not: ["orders", "orders.eu.created", "order.eu"]
        ),
        matching(
            "matching.starsStandAnywhere",
            "Every * stands for one segment of its own.",
            "*.eu.*.created",
            matches: ["orders.eu.1.created", "returns.eu.2.created"],
            not: ["eu.1.created", "orders.eu.created", "orders.us.1.created", "orders.eu.1.created.twice"]
        ),
        matching(
            "matching.tailIsAnyNumberOfSegments",
            "> matches one or more trailing segments.",
            "orders.>",
            matches: ["orders.eu", "orders.eu.1", "orders.eu.1.created.twice"],
            not: ["returns.eu", "ordersX.eu"]
        ),
        matching(
            "matching.tailIsNeverEmpty",
            "> never matches zero segments.",
            "orders.eu.>",
            matches: ["orders.eu.1"],
            not: ["orders.eu", "orders"]
        ),
        matching(
            "matching.starAndTailCombine",
            "* and > may stand in one pattern.",
            "*.eu.>",
            matches: ["orders.eu.1", "returns.eu.1.created"],
            not: ["orders.eu", "eu.1", "orders.us.1"]
        ),
        matching(
            "matching.takesUnusualSegments",
            "Any byte but the dot may stand in a segment, and * matches it.",
            "*.in \u{1F4E6}",
            matches: ["a b.in \u{1F4E6}", "\u{1F600}.in \u{1F4E6}", "\"'\\%/:.in \u{1F4E6}", "-.in \u{1F4E6}"],
            not: ["a b.in", "a b.in \u{1F4E7}"]
        ),
        matching(
            "matching.readsLongSubjects",
            "Subjects that begin alike are told apart however long they are.",
            "\(long).eu.>",
            matches: ["\(long).eu.1"],
            not: ["\(long).us.1", "\(long).eu", "\(long)x.eu.1"]
        ),
        ConformanceCase(
            "matching.servesEveryPattern",
            "V3",
            "Every subscription whose pattern matches gets the envelope.",
            needs: .accountsForLosses
        ) { probe in
            var subscriptions: [Subscription] = []
            for topic in ["orders.eu.1", "orders.eu.1", "orders.eu.*", "orders.*.1", "*.*.*", "orders.>", ">"] {
                subscriptions.append(try await probe.subscribe(to: topic))
            }
            try await probe.publish("a", on: "orders.eu.1")
            for subscription in subscriptions {
                try await probe.expectAll(["a"], at: subscription, on: "orders.eu.1")
            }
        },
    ]

    private static let long = String(repeating: "segment.", count: 40) + "end"

    /// A case that publishes on subjects that do not match and, afterwards, on subjects that do.
    private static func matching(
        _ id: String,
        _ sentence: String,
        _ pattern: String,
        matches: [String],
        not others: [String]
    ) -> ConformanceCase {
        ConformanceCase(id, "V3", sentence, needs: .accountsForLosses) { probe in
            let subscription = try await probe.subscribe(to: pattern)
            for topic in others + matches { try await probe.publish(topic, on: topic) }
            guard let last = matches.last else { return }
            try await probe.expectAll(matches, at: subscription, on: last)
        }
    }
}
