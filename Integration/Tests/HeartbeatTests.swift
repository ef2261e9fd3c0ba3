import IntegrationSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct HeartbeatTests {
    @Test func `with heartbeats, a subscriber that is behind for a minute stays, and both sides go on counting`()
        async throws
    {
        try await Stage.run { stage in
            let heartbeat = ["--heartbeat-milliseconds", "100"]
            let publisher = try await stage.peer(
                "publisher",
                ["--publish", "bind:\(stage.address())"] + heartbeat
            )
            let slow = try await stage.peer("slow", ["--subscribe", "connect:\(stage.address())"] + heartbeat)
            try await slow.perform(.subscribe(patterns: ["a"], microsecondsEach: 1000))
            let batch = 5000
            let end = ContinuousClock.now + .seconds(60)
            var last = 0
            repeat {
                try await publisher.publish(last + 1...last + batch, on: "a")
                last += batch
                // Always behind by a batch, which takes it seconds to get through.
                if last > batch { try await slow.receive(last - batch, on: "a") }
            } while .now < end
            #expect(try await slow.receive(last, on: "a") == Tally(received: last))
            let counts = try await (publisher.counts, slow.counts)
            #expect((counts.0.sent, counts.0.dropEpisodes) == (last, 0))
            #expect((counts.1.received, counts.1.lost) == (last, 0))
        }
    }
}
