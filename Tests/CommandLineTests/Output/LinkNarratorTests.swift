import EventCore
import EventTransport
import Foundation
import ProcessSupport
import Testing

@testable import eventbus

@Suite(.timeLimit(.minutes(1))) struct LinkNarratorTests {
    /// A link to which happens what a test says.
    private struct ScriptedLink: EventCore.BusLink {
        let hub = LinkEventHub()

        var statistics: LinkStatistics { LinkStatistics() }
        var events: LinkEvents { LinkEvents(hub) }

        func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async throws -> Bool {
            false
        }
    }

    /// What is told of some events, which all happen before the task that tells them has begun.
    private func told(
        of events: [LinkEvent],
        by tell: (LinkNarrator, ScriptedLink) -> Task<Void, Never>
    ) async throws -> [Substring] {
        try await withTemporaryFile(Data()) { path in
            let file = try #require(FileHandle(forWritingAtPath: path))
            let link = ScriptedLink()
            let task = tell(LinkNarrator(diagnostics: Diagnostics(descriptor: file.fileDescriptor)), link)
            for event in events { link.hub.send(event) }
            link.hub.finish()
            await task.value
            try file.close()
            return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        }
    }

    private static let events: [LinkEvent] = [
        .refused(endpoint: "tcp://h:1", reason: "nobody listens there"),
        .refused(endpoint: "tcp://h:1", reason: "nobody listens there"),
        .unresolved(endpoint: "tcp://x:1", reason: "no such host"), .connected(endpoint: "tcp://h:1"),
        .lost(LinkLoss(count: 3, prefix: "a.", origin: "b", endpoint: "tcp://h:1")),
        .lost(LinkLoss(count: 4, prefix: "a.", origin: "b", endpoint: "tcp://h:1")),
    ]

    @Test func `who waits for subscribers is told what stands in the way`() async throws {
        let lines = try await told(of: Self.events) { $0.obstacles(on: $1) }
        #expect(lines == ["refused tcp://h:1: nobody listens there", "unresolved tcp://x:1: no such host"])
    }

    @Test func `who waits for publishers is told for what, and who is there`() async throws {
        let lines = try await told(of: Self.events) { $0.wait(for: "somebody", after: .zero, on: $1) }
        #expect(
            lines == [
                "waiting for somebody", "refused tcp://h:1: nobody listens there", "unresolved tcp://x:1: no such host",
                "connected tcp://h:1: a peer is connected",
            ]
        )
    }

    @Test func `a short wait is not told`() async throws {
        let lines = try await told(of: Self.events) { narrator, link in
            let task = narrator.wait(for: "somebody", after: .seconds(3600), on: link)
            task.cancel()
            return task
        }
        #expect(lines == [])
    }

    @Test func `a loss is told when it begins`() async throws {
        let lines = try await told(of: Self.events) { $0.losses(on: $1) }
        #expect(lines == ["lost 3 envelopes on a. from b over tcp://h:1"])
    }

    @Test func `who has confirmed is told, and who has not`() async throws {
        let confirmation = SubscriptionConfirmation(confirmed: ["tcp://h:1", "tcp://h:2"], missing: ["tcp://x:1"])
        let lines = try await told(of: []) { narrator, _ in
            Task { await narrator.tell(confirmation, of: "a.>") }
        }
        #expect(
            lines == [
                "a.>: confirmed by tcp://h:1, tcp://h:2",
                "a.>: not confirmed in time by tcp://x:1, whose envelopes may be missed",
            ]
        )
    }
}
