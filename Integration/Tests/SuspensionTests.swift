import Foundation
import IntegrationSupport
import Testing

/// A process that is stopped keeps its connections, and answers nothing.
@Suite(.timeLimit(.minutes(3))) struct SuspensionTests {
    /// So short that a stopped peer counts as gone soon.
    private static let quickHeartbeat = ["--heartbeat-milliseconds", "200"]

    @Test func `a subscriber that is stopped for a moment gets everything when it goes on`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let stopped = try await stage.subscriber("stopped", at: stage.address())
            let bystander = try await stage.subscriber("bystander", at: stage.address())
            for peer in [stopped, bystander] { try await peer.subscribe(to: "a") }
            for round in 1...3 {
                let numbers = round * 1000 - 999...round * 1000
                stopped.process.signal(SIGSTOP)
                try await publisher.publish(numbers, on: "a")
                #expect(try await bystander.receive(numbers.upperBound, on: "a") == Tally(received: numbers.upperBound))
                stopped.process.signal(SIGCONT)
                #expect(try await stopped.receive(numbers.upperBound, on: "a") == Tally(received: numbers.upperBound))
            }
        }
    }

    @Test func `a subscriber that is stopped for long is let go, comes back, and knows what it has missed`()
        async throws
    {
        try await Stage.run { stage in
            let publisher = try await stage.peer(
                "publisher",
                ["--publish", "bind:\(stage.address())"] + Self.quickHeartbeat
            )
            let stopped = try await stage.subscriber("stopped", at: stage.address())
            let bystander = try await stage.subscriber("bystander", at: stage.address())
            for peer in [stopped, bystander] { try await peer.subscribe(to: "a") }
            try await publisher.publish(1, on: "a")
            try await stopped.receive(1, on: "a")

            stopped.process.signal(SIGSTOP)
            try await publisher.perform(.awaitEvent(.subscriberLeft, count: 1))
            try await publisher.publish(2...100, on: "a")
            #expect(try await bystander.receive(100, on: "a") == Tally(received: 100))

            stopped.process.signal(SIGCONT)
            try await publisher.awaitSubscribers(of: "a", 2)
            try await publisher.publish(101, on: "a")
            #expect(try await stopped.receive(101, on: "a") == Tally(received: 2, missing: 99))
            try await stopped.perform(.awaitEvent(.lost, count: 1))
            #expect(try await stopped.counts.lost == 99)
            #expect(try await bystander.receive(101, on: "a") == Tally(received: 101))
        }
    }

    @Test func `a publisher that is stopped is let go and comes back, and another one is heard all the time`()
        async throws
    {
        try await Stage.run { stage in
            let stopped = try await stage.publisher("stopped", at: stage.address("stopped"))
            let other = try await stage.publisher("other", at: stage.address("other"))
            let subscriber = try await stage.peer(
                "subscriber",
                ["stopped", "other"].flatMap { ["--subscribe", "connect:\(stage.address($0))"] } + Self.quickHeartbeat
            )
            try await subscriber.subscribe(to: "a")
            try await stopped.publish(1, on: "a")
            try await subscriber.receive(1, on: "a")

            stopped.process.signal(SIGSTOP)
            try await subscriber.perform(.awaitEvent(.disconnected, count: 1))
            try await other.publish(1...1000, on: "a")
            #expect(try await subscriber.receive(1000, on: "a") == Tally(received: 1001))
            // Only the living are waited for.
            try await subscriber.subscribe(to: "b")
            try await other.publish(1, on: "b")
            try await subscriber.receive(1, on: "b")

            stopped.process.signal(SIGCONT)
            try await stopped.awaitSubscribers(of: "b")
            try await stopped.publish(2, on: "b")
            try await stopped.publish(2000, on: "a")
            try await subscriber.receive(2, on: "b")
            #expect(try await subscriber.receive(2000, on: "a").received == 1002)
        }
    }
}
