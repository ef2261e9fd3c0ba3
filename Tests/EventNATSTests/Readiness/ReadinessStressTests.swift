import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// A publish that follows a `subscribe` elsewhere arrives, however often that is tried.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ReadinessStressTests {
    private static let rounds = ProcessInfo.processInfo.environment["EVENT_STRESS_ROUNDS"].flatMap { Int($0) } ?? 100

    /// Publishes at once after each `subscribe`, and counts what does not arrive.
    private static func lost(_ rounds: Int, _ publisher: NATSBus, _ subscriber: NATSBus) async throws -> Int {
        var lost = 0
        for round in 0..<rounds {
            let subject = try Subject(validating: "round.\(round).\(freshName())")
            let subscription = try await subscriber.subscribe(to: Pattern(subject))
            try await publisher.publish(Envelope(subject: subject))
            if await subscription.next(within: .seconds(60)) == nil { lost += 1 }
            subscription.close()
        }
        return lost
    }

    @Test func `on one server`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let publisher = try await NATSBus.on(server, namespace: namespace)
        let subscriber = try await NATSBus.on(server, namespace: namespace)
        #expect(try await Self.lost(Self.rounds, publisher, subscriber) == 0)
        #expect(subscriber.statistics.unconfirmedSubscriptions == 0)
        await publisher.close()
        await subscriber.close()
    }

    @Test func `across a cluster`() async throws {
        let cluster = try await Shared.cluster.value
        let namespace = freshName()
        let publisher = try await NATSBus.on(cluster[0], namespace: namespace)
        // Other tests run beside this one, so a server's answer may take long.
        let subscriber = try await NATSBus.on(cluster[1], namespace: namespace) {
            $0.confirmationTimeout = .seconds(20)
        }
        // A bus on the third one, which has to be asked as well.
        let other = try await NATSBus.on(cluster[2], namespace: namespace)
        #expect(try await Self.lost(Self.rounds, publisher, subscriber) == 0)
        #expect(subscriber.statistics.unconfirmedSubscriptions == 0)
        for bus in [publisher, subscriber, other] { await bus.close() }
    }

    @Test(.enabled(if: runsOutages, "make test runs it by itself"))
    func `while servers are killed`() async throws {
        let cluster = try await NATSCluster()
        let namespace = freshName()
        let urls = cluster.servers.map(\.url)
        let publisher = try await NATSBus.on(cluster[0], namespace: namespace) { $0.servers = urls }
        let subscriber = try await NATSBus.on(cluster[1], namespace: namespace) { $0.servers = urls }
        var lost = 0
        for round in 0..<max(3, Self.rounds / 20) {
            lost += try await Self.lost(10, publisher, subscriber)
            let victim = cluster[round % 3]
            await victim.kill()
            try await victim.start()
            // Rounds in between are those of a sound cluster: whoever was cut off is back.
            let state = { "round \(round): \([publisher, subscriber].map { "\($0.peers) \($0.statistics)" })" }
            try await eventually(state()) { publisher.peers.count == 1 && subscriber.peers.count == 1 }
        }
        #expect(lost == 0)
        await publisher.close()
        await subscriber.close()
    }
}
