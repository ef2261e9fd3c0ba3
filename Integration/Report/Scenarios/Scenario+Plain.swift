import IntegrationSupport

/// Nothing is lost here, or only what queues do not hold.
extension Scenario {
    static let plain =
        Transport.allCases.flatMap { [plain(over: $0), subscriberBinds(over: $0)] }
        + [fivePublishers, mesh, requests]

    private static func plain(over transport: Transport) -> Scenario {
        Scenario(
            name: "plain, \(transport)",
            shows: "A subscriber that keeps up gets everything, and nothing is said to be lost.",
            isShort: true
        ) { stage, audit in
            let (publisher, subscriber) = try await stage.pair(over: transport)
            try await subscriber.collect("a.>")
            try await publisher.awaitSubscribers(of: "a.0")
            try await publisher.burst(50_000, subjects: 100)
            let books = try await audit.settle(publisher, at: subscriber)
            audit.expect(books.lost == 0, "50 000 fit into the queue, and \(books.lost) are lost")
        }
    }

    private static func subscriberBinds(over transport: Transport) -> Scenario {
        Scenario(
            name: "the subscriber binds, \(transport)",
            shows: "The same when the publisher connects.",
            isShort: transport == .tcp
        ) { stage, audit in
            let subscriber = try await stage.peer(
                "subscriber",
                ["--subscribe", "bind:\(transport.address(on: stage))"]
            )
            try await subscriber.collect("a.>")
            let publisher = try await stage.peer("publisher", ["--publish", "connect:\(subscriber.bound)"])
            try await publisher.awaitSubscribers(of: "a.0")
            try await publisher.burst(50_000, subjects: 100)
            let books = try await audit.settle(publisher, at: subscriber)
            audit.expect(books.lost == 0, "50 000 fit into the queue, and \(books.lost) are lost")
        }
    }

    private static let fivePublishers = Scenario(
        name: "five publishers, one collector that binds",
        shows: "Each publisher has an account of its own.",
        isShort: true
    ) { stage, audit in
        let collector = try await stage.peer("collector", ["--subscribe", "bind:\(stage.address())"])
        try await collector.collect("a.>")
        let publishers = try await (1...5).asyncMap { number in
            try await stage.peer(
                "publisher \(number)",
                ["--publish", "connect:\(stage.address())", "--high-water-mark", "100"]
            )
        }
        for publisher in publishers { try await publisher.awaitSubscribers(of: "a.0") }
        try await collector.stopped {
            try await publishers.concurrently { try await $0.burst(20_000, subjects: 10) }
        }
        try await publishers.concurrently { try await $0.burst(100, subjects: 10) }
        let books = try await audit.settle(publishers, at: [collector])
        audit.expect(books[0].lost > 0, "nothing was lost")
    }

    private static let mesh = Scenario(
        name: "a mesh of four, each publishing and subscribing",
        shows: "What a bus sends and what it receives do not get mixed up, nor its own with that of others."
    ) { stage, audit in
        let names = (1...4).map { "member \($0)" }
        let members = try await names.asyncMap { name in
            let others = names.filter { $0 != name }
            return try await stage.peer(
                name,
                ["--publish", "bind:\(stage.address(name))", "--high-water-mark", "1000"]
                    + others.flatMap { ["--subscribe", "connect:\(stage.address($0))"] }
            )
        }
        for member in members { try await member.collect("a.>") }
        for member in members { try await member.awaitSubscribers(of: "a.0", members.count - 1) }
        try await members.concurrently { try await $0.burst(20_000, subjects: 10) }
        for member in members {
            try await audit.settle(members.filter { $0.name != member.name }, at: [member])
        }
    }

    private static let requests = Scenario(
        name: "2 000 requests beside a stream",
        shows: "Short subscriptions of every request leave the accounts of a long one alone.",
        isShort: true
    ) { stage, audit in
        let (there, back) = (stage.address("there"), stage.address("back"))
        let asking = try await stage.peer("asking", ["--publish", "bind:\(there)", "--subscribe", "connect:\(back)"])
        let answering = try await stage.peer(
            "answering",
            ["--publish", "bind:\(back)", "--subscribe", "connect:\(there)"]
        )
        try await answering.perform(.respond(subject: "calls.do"))
        try await answering.collect("a")
        for subject in ["a", "calls.do"] { try await asking.awaitSubscribers(of: subject) }
        try await asking.perform(
            .ask(subject: "calls.do", count: 2000, beside: Burst(40_000, on: "a", perMillisecond: 20))
        )
        let books = try await audit.settle(asking, at: answering)
        let replies = try await audit.settle(answering, at: asking)
        audit.expect(books.lost == 0 && replies.lost == 0, "\(books.lost) and \(replies.lost) are lost")
        audit.expect(replies.exchanged == 2000, "\(replies.exchanged) of 2000 requests had a reply")
    }
}
