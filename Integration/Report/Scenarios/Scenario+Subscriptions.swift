import EventCore
import Foundation
import IntegrationSupport
import ProcessSupport

/// Subscriptions come and go here, are many, or are slow.
extension Scenario {
    static let subscriptions = [narrowClosed, churn, nestedChurn, manySubscriptions, slowReader, slowDelivery]

    private static let narrowClosed = Scenario(
        name: "a narrow subscription closed beside a wide one",
        shows: "Closing one of two that cover a subject does not hide what the other loses.",
        isShort: true
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(publisher: ["--high-water-mark", "100"])
        try await subscriber.collect("a.>")
        for _ in 1...10 {
            try await subscriber.collect("a.b.>")
            try await publisher.awaitSubscribers(of: "a.b.c")
            subscriber.process.signal(SIGSTOP)
            try await publisher.burst(10_000, on: "a.b.c")
            // It is told while it is stopped, and so closes in the middle of what has come by then.
            async let release = subscriber.perform(.release(pattern: "a.b.>"))
            subscriber.process.signal(SIGCONT)
            _ = try await release
            try await publisher.burst(10, on: "a.b.c")
        }
        let books = try await audit.settle([publisher], at: [subscriber], patterns: ["a.>"])
        audit.expect(books[0].lost > 0, "nothing was lost")
    }

    private static let churn = Scenario(
        name: "closed and opened every 20 ms beside a stream",
        shows: "What nobody had subscribed to at the time is not lost, and all that was sent is here.",
        isShort: true
    ) { stage, audit in
        let (publisher, churning) = try await stage.pair()
        async let stream: Void = publisher.burst(200_000, on: "a.x", perMillisecond: 40)
        try await churning.perform(.churn(patterns: ["a.x"], openMilliseconds: 20, cycles: 240))
        try await stream
        // A loss that is none would be told by then.
        try await lookOn(for: Audit.limit)
        let (sent, churned) = (try await publisher.books(), try await churning.books())
        audit.expect(sent.published == sent.sent + sent.unheard, "not all that was published was sent or unheard")
        audit.add(Account(sent: sent.sent, received: churned.received, lost: churned.lost))
        audit.expect(churned.lost == 0, "the queue was never full, and \(churned.lost) are lost")
        audit.expect(churned.readers.taken > 0, "nothing came while it was open")
    }

    private static let nestedChurn = Scenario(
        name: "nested patterns opened and closed in a flood",
        shows: "Each envelope counts once, at whatever covered it when it was published.",
        isShort: true
    ) { stage, audit in
        let (publisher, churning) = try await stage.pair(
            publisher: ["--high-water-mark", "10"],
            subscriber: ["--high-water-mark", "10"]
        )
        async let flood: Void = publisher.burst(200_000, on: "a.b", subjects: 4, perMillisecond: 100)
        let patterns = ["a.>", "a.b.>", "a.b.1", "a.b.2"]
        try await churning.perform(.churn(patterns: patterns, openMilliseconds: 10, cycles: 100))
        try await flood
        let sent = try await publisher.books().sent
        try await churning.poll { $0.received + $0.lost == sent }
        let churned = try await churning.books()
        audit.add(Account(sent: sent, received: churned.received, lost: churned.lost))
        audit.expect(churned.lost > 0, "nothing was lost")
    }

    private static let manySubscriptions = Scenario(
        name: "5 000 subscriptions, at most 1 000 wire prefixes",
        shows: "Prefixes that shorter ones take the place of take their accounts with them."
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(
            publisher: ["--high-water-mark", "100"],
            subscriber: ["--wire-prefixes", "1000"]
        )
        try await subscriber.collect(all: (0..<5000).map { "run.\($0)" })
        for index in stride(from: 0, to: 5000, by: 1000) { try await publisher.awaitSubscribers(of: "run.\(index)") }
        try await subscriber.stopped { try await publisher.burst(50_000, on: "run", subjects: 5000) }
        try await publisher.burst(10_000, on: "run", subjects: 5000, perMillisecond: 20)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }

    private static let slowReader = Scenario(
        name: "slow reader, buffer of 64, policy block",
        shows: "What comes off the wire and finds a buffer full is told in the statistics of the bus.",
        isShort: true
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair()
        var collecting = Collecting()
        (collecting.capacity, collecting.backpressure, collecting.readerMicroseconds) = (64, .block, 20)
        try await subscriber.collect("a", as: collecting)
        try await publisher.awaitSubscribers(of: "a")
        try await publisher.burst(50_000)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.readers.dropped > 0, "nothing was dropped")
    }

    private static let slowDelivery = Scenario(
        name: "slow predicate and observer, 200 000 envelopes",
        shows: "What comes faster than it can be delivered is bounded, and told.",
        deadline: .seconds(180)
    ) { stage, audit in
        let (publisher, subscriber) = try await stage.pair(subscriber: ["--observer-microseconds", "100"])
        var collecting = Collecting()
        collecting.predicateMicroseconds = 100
        try await subscriber.collect("a", as: collecting)
        try await publisher.awaitSubscribers(of: "a")
        try await publisher.burst(200_000)
        try await audit.settle(publisher, at: subscriber)
    }
}
