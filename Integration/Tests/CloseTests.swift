import Foundation
import IntegrationSupport
import Testing

/// Closing is measured by the process that does it, with linger at its second.
@Suite(.timeLimit(.minutes(3))) struct CloseTests {
    private static let limit = Duration.seconds(2)

    @Test func `close is quick while messages are queued for a subscriber that does not read`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let subscriber = try await stage.subscriber(at: stage.address())
            try await subscriber.subscribe(to: "a")
            subscriber.process.signal(SIGSTOP)
            try await publisher.publish(1...10_000, on: "a")
            #expect(try await publisher.close() < Self.limit)
        }
    }

    @Test func `close is quick while publishers are parked`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let subscriber = try await stage.subscriber(at: stage.address())
            try await subscriber.subscribe(to: "a")
            try await publisher.perform(.park(subject: "a", publishers: 20))
            #expect(try await publisher.close() < Self.limit)
            #expect(try await subscriber.close() < Self.limit)
        }
    }

    @Test func `close is quick when the peers are dead, and while they are connected to again`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let waiting = try await stage.peer("waiting", ["--publish", "connect:\(stage.address("elsewhere"))"])
            let dying = try await stage.peer("dying", ["--subscribe", "bind:\(stage.address("elsewhere"))"])
            let subscriber = try await stage.subscriber(at: stage.address())
            for peer in [dying, subscriber] { try await peer.subscribe(to: "a") }
            try await waiting.awaitSubscribers(of: "a")
            await publisher.process.kill()
            await dying.process.kill()
            try await waiting.publish(1...1000, on: "a")
            try await subscriber.perform(.awaitEvent(.disconnected, count: 1))
            try await waiting.perform(.awaitEvent(.disconnected, count: 1))
            #expect(try await subscriber.close() < Self.limit)
            #expect(try await waiting.close() < Self.limit)
        }
    }

    @Test func `close is quick while a peer that is stopped owes the handshake`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            publisher.process.signal(SIGSTOP)
            let subscriber = try await stage.subscriber(at: stage.address())
            #expect(try await subscriber.close() < Self.limit)
        }
    }

    #if os(Linux)
    @Test func `buses that are opened and closed 200 times leave no descriptor and no thread`() async throws {
        try await Stage.run { stage in
            let peer = try await stage.peer("peer", [])
            let report = try await peer.perform(.cycle(count: 200, address: stage.address()))
            guard case .cycled(let before, let after) = report else { throw peer.unexpected(report) }
            #expect(!after.exceeds(before), "\(before) has become \(after)")
        }
    }
    #endif
}
