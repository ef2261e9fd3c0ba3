import Foundation
import IntegrationSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct SlowSubscriberTests {
    @Test func `a subscriber that is stopped does not slow the others by a tenth`() async throws {
        try await Stage.run { stage in
            let publisher = try await burstPublisher(on: stage)
            let reader = try await stage.subscriber("reader", at: stage.address())
            let stopped = try await stage.subscriber("stopped", at: stage.address())
            for subject in ["alone", "shared"] { try await reader.subscribe(to: subject) }
            try await stopped.subscribe(to: "shared")
            stopped.process.signal(SIGSTOP)

            let outcome = try await BurstRace(publisher: publisher, reader: reader).run("shared", against: "alone")
            #expect(!outcome.isSlowed, "\(outcome)")
            // Its queue is full, and the reader has lost nothing by that.
            #expect(try await publisher.counts.dropEpisodes > 0)
            #expect(try await reader.counts.lost == 0)
        }
    }

    /// The idle process still receives on the same cores, so it is compared with one that also reads.
    @Test func `a subscriber whose consumer never iterates does not slow the others by a tenth`() async throws {
        try await Stage.run { stage in
            let publisher = try await burstPublisher(on: stage)
            let reader = try await stage.subscriber("reader", at: stage.address())
            let idle = try await stage.subscriber("idle", at: stage.address())
            for subject in ["read", "unread"] { try await reader.subscribe(to: subject) }
            try await idle.subscribe(to: "read")
            try await idle.perform(.neglect(pattern: "unread"))

            let outcome = try await BurstRace(publisher: publisher, reader: reader).run("unread", against: "read")
            #expect(!outcome.isSlowed, "\(outcome)")
            #expect(try await reader.counts.lost == 0)
        }
    }

    private func burstPublisher(on stage: Stage) async throws -> Peer {
        try await stage.publisher(at: stage.address(), "--high-water-mark", "\(BurstRace.highWaterMark)")
    }
}
