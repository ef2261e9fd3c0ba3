import IntegrationSupport

/// A queue is full here.
extension Scenario {
    static let bursts = [
        burst(60_000, subjects: 1, isShort: true),
        burst(200_000, subjects: 1, over: .tcp),
        burst(60_000, subjects: 100),
        burst(100_000, subjects: 20_000),
        oneShot, tail, markOfOne, oneOfTwo, manySubjects,
    ]

    /// The least queue that still holds a few.
    private static let smallQueue = ["--high-water-mark", "100"]

    private static func burst(
        _ count: Int,
        subjects: Int,
        over transport: Transport = .ipc,
        isShort: Bool = false
    ) -> Scenario {
        let kind = subjects == 1 ? "one subject" : "\(subjects) subjects"
        return Scenario(
            name: "burst while stopped, \(kind), \(transport)",
            shows: "A queue of 100 overflows while the subscriber is stopped; more follows when it goes on.",
            isShort: isShort
        ) { stage, audit in
            let (publisher, subscriber) = try await stage.pair(over: transport, publisher: smallQueue)
            try await subscriber.collect("a", "a.>")
            try await publisher.awaitSubscribers(of: "a.0")
            try await publisher.burst(50, subjects: subjects)
            try await subscriber.take(50)
            try await subscriber.stopped { try await publisher.burst(count, subjects: subjects) }
            try await publisher.burst(1000, subjects: subjects, perMillisecond: 5)
            let books = try await audit.settle(publisher, at: subscriber)
            audit.expect(books.lost > 0, "nothing was lost")
        }
    }

    private static let oneShot = Scenario(
        name: "50 000 subjects, each published once",
        shows: "What is lost on a subject that never comes again is told all the same.",
        isShort: true
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(publisher: smallQueue)
        try await subscriber.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        try await subscriber.stopped { try await publisher.burst(50_000, subjects: 50_000) }
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }

    private static let tail = Scenario(
        name: "the tail of a burst",
        shows: "What is lost at the end is told although nothing follows.",
        isShort: true
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(publisher: smallQueue)
        try await subscriber.collect("a")
        try await publisher.awaitSubscribers(of: "a")
        try await subscriber.stopped { try await publisher.burst(60_000) }
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }

    private static let markOfOne = Scenario(
        name: "a high-water mark of 1",
        shows: "The least queue there can be, with a subscriber that reads."
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(publisher: ["--high-water-mark", "1"])
        try await subscriber.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        try await publisher.burst(30_000, subjects: 10)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }

    private static let oneOfTwo = Scenario(
        name: "two subscribers, one of them stopped",
        shows: "Each has an account of its own."
    ) { stage, audit in
        let (publisher, reading) = try await stage.pair(publisher: ["--high-water-mark", "5000"])
        let stopped = try await stage.follow(publisher, as: "stopped")
        for subscriber in [reading, stopped] { try await subscriber.collect("a.>") }
        try await publisher.awaitSubscribers(of: "a.0", 2)
        try await stopped.stopped { try await publisher.burst(60_000, subjects: 10, perMillisecond: 30) }
        let books = try await audit.settle([publisher], at: [reading, stopped])
        audit.expect(books[1].lost > 0, "the one that was stopped lost nothing")
        audit.expect(books[0].lost < books[1].lost, "the one that read lost \(books[0].lost)")
    }

    private static let manySubjects = Scenario(
        name: "100 000 subjects, seven rounds, stopped for two",
        shows: "More subjects than any table holds do not make losses go unnoticed.",
        deadline: .seconds(120)
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(publisher: ["--high-water-mark", "1000"])
        try await subscriber.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        for round in 1...7 {
            if round == 3 || round == 4 {
                try await subscriber.stopped { try await publisher.burst(100_000, subjects: 100_000) }
            } else {
                try await publisher.burst(100_000, subjects: 100_000)
            }
        }
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }
}
