import IntegrationSupport

/// A process comes late, or goes and comes again.
extension Scenario {
    static let restarts = [publisherKilled, subscriberKilled, lateSubscriber, latePublisher]

    private static let publisherKilled = Scenario(
        name: "publisher killed after quiet, restarted at its port",
        shows: "A publisher that begins anew is no gap.",
        isShort: true
    ) { stage, audit in
        let first = try await stage.peer("first", ["--publish", "bind:tcp://127.0.0.1:*"])
        let subscriber = try await stage.follow(first)
        try await subscriber.collect("a.>")
        try await first.awaitSubscribers(of: "a.0")
        try await first.burst(10_000, subjects: 10)
        try await subscriber.take(10_000)
        let sent = try await first.books().sent
        await first.process.kill()
        try await subscriber.perform(.awaitEvent(.disconnected, count: 1))

        let second = try await stage.peer("second", ["--publish", "bind:\(first.bound)"])
        try await second.awaitSubscribers(of: "a.0")
        try await second.burst(10_000, subjects: 10)
        let books = try await audit.settle(second, at: subscriber, besides: sent)
        audit.expect(books.lost == 0, "\(books.lost) are lost")
    }

    private static let subscriberKilled = Scenario(
        name: "subscriber killed and restarted",
        shows: "Who comes is not charged for what was sent to who was there before.",
        isShort: true
    ) { stage, audit in
        let (publisher, first) = try await stage.pair(over: .tcp)
        try await first.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        try await publisher.burst(10_000, subjects: 10)
        try await audit.settle(publisher, at: first)
        await first.process.kill()
        try await publisher.perform(.awaitEvent(.disconnected, count: 1))
        try await publisher.burst(1000, subjects: 10)

        let second = try await stage.follow(publisher, as: "second")
        try await second.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        let before = try await publisher.books().sent
        try await publisher.burst(10_000, subjects: 10)
        let books = try await audit.settle(publisher, at: second, besides: -before)
        audit.expect(books.lost == 0, "\(books.lost) are lost")
    }

    private static let lateSubscriber = Scenario(
        name: "subscriber that starts late",
        shows: "What is published before anybody wants it is unheard, and not lost.",
        isShort: true
    ) { stage, audit in
        let publisher = try await stage.peer("publisher", ["--publish", "bind:\(stage.address())"])
        try await publisher.burst(1000)
        let before = try await publisher.books()
        audit.expect((before.sent, before.unheard) == (0, 1000), "\(before.sent) sent, \(before.unheard) unheard")
        let subscriber = try await stage.follow(publisher)
        try await subscriber.collect("a")
        try await publisher.burst(10_000)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost == 0, "\(books.lost) are lost")
    }

    private static let latePublisher = Scenario(
        name: "publisher that starts late",
        shows: "A subscription that nobody could confirm is in effect when its publisher comes.",
        isShort: true
    ) { stage, audit in
        let subscriber = try await stage.peer(
            "subscriber",
            ["--subscribe", "connect:\(stage.address())", "--confirmation-milliseconds", "200"]
        )
        let unconfirmed = try await subscriber.collect("a").unconfirmed
        audit.expect(unconfirmed == 1, "a subscription that nobody could confirm counts as confirmed")
        let publisher = try await stage.peer("publisher", ["--publish", "bind:\(stage.address())"])
        try await publisher.awaitSubscribers(of: "a")
        try await publisher.burst(10_000)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost == 0, "\(books.lost) are lost")
    }
}
