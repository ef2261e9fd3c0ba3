import Foundation
import IntegrationPeer
import Testing

@Suite(.timeLimit(.minutes(3))) struct SlowSubscriberTests {
    /// How long a burst takes from its beginning until the reader has all of it.
    private struct Times {
        let subject: String
        var best = Duration.seconds(60)
        var last = 0
    }

    /// Compares the best of many bursts, in turns, until they agree.
    ///
    /// What a busy machine adds to a burst is never less than nothing, so the best is what the bus itself needs; were
    /// that more by a tenth beside a subscriber that does not read, no number of rounds would hide it. A stopped
    /// subscriber is compared with none. One that runs and does not iterate still costs its process time on the same
    /// cores, and is compared with the same process reading.
    @Test func `a subscriber that never reads does not slow the others by a tenth`() async throws {
        try await Stage.run { stage in
            // Four bursts, of which two are sure to find room: libzmq notices by halves what has been read.
            let publisher = try await stage.publisher(at: stage.address(), "--high-water-mark", "4000")
            let reader = try await stage.subscriber("reader", at: stage.address())
            let stopped = try await stage.subscriber("stopped", at: stage.address())
            let idle = try await stage.subscriber("idle", at: stage.address())

            let subjects = ["alone", "with.stopped", "with.reading", "with.unread"]
            for subject in subjects { try await reader.subscribe(to: subject) }
            try await stopped.subscribe(to: "with.stopped")
            try await idle.subscribe(to: "with.reading")
            try await idle.perform(.neglect(pattern: "with.unread"))
            stopped.process.signal(SIGSTOP)

            func burst(_ times: inout Times) async throws {
                let numbers = times.last + 1...times.last + 1000
                times.last = numbers.upperBound
                let begin = ContinuousClock.now
                try await publisher.publish(numbers, on: times.subject)
                let tally = try await reader.receive(numbers.upperBound, on: times.subject)
                times.best = min(times.best, .now - begin)
                #expect(tally == Tally(received: numbers.upperBound))
            }
            var times = subjects.map { Times(subject: $0) }
            var rounds = 0
            func isSlowed() -> Bool {
                times[1].best > times[0].best * 1.1 || times[3].best > times[2].best * 1.1
            }
            let deadline = ContinuousClock.now + .seconds(60)
            while rounds < 10 || isSlowed() && .now < deadline {
                rounds += 1
                for index in times.indices { try await burst(&times[index]) }
            }
            let summary = times.map { "\($0.subject) \($0.best)" }.joined(separator: ", ")
            #expect(!isSlowed(), "after \(rounds) rounds the best were \(summary)")
            // Each of them really was behind: one has lost envelopes at the publisher, and the other in its buffer.
            #expect(try await publisher.counts.dropEpisodes > 0)
            #expect(try await idle.receive(times[2].last, on: "with.reading").received == times[2].last)
            #expect(try await reader.counts.lost == 0)
        }
    }

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
