import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// Whatever happens to servers heals by itself, and what is lost with it is counted.
///
/// A server that is started again needs the ports it had, which others may have taken meanwhile, so nothing else runs beside it.
@Suite(.enabled(if: runsOutages, "make test runs them by themselves"), .serialized, .timeLimit(.minutes(10)))
struct OutageTests {
    /// Whether all that was published is received, or counted as lost.
    private func settles(_ publisher: NATSBus, _ subscriber: NATSBus) async throws {
        let state = { "published \(publisher.statistics), received \(subscriber.statistics)" }
        try await eventually(within: .seconds(60), state()) {
            let statistics = subscriber.statistics
            return statistics.received + statistics.lost == publisher.statistics.sent
        }
        #expect(subscriber.statistics.unknownLosses == 0)
    }

    private func publish(_ count: Int, on bus: NATSBus) async throws {
        let subjects: [Subject] = ["run.a", "run.b", "run.c"]
        for number in 0..<count { try await bus.publish(number, to: subjects[number % subjects.count]) }
    }

    @Test func `server that is killed and started anew`() async throws {
        let server = try await NATSServer()
        let namespace = freshName()
        let publisher = try await NATSBus.on(server, namespace: namespace)
        let subscriber = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await subscriber.subscribe(to: "run.*", options: .init(bufferCapacity: 1 << 17))
        // From when it has heard of the subscription a publisher counts for it.
        #expect(try await publisher.hasSubscriber(of: "run.a"))
        try await publish(1000, on: publisher)
        await server.kill()
        try await eventually { publisher.link?.statistics.peersByEndpoint.isEmpty == true }
        // All of this waits for the server, and for the subscriber to be back.
        try await publish(5000, on: publisher)
        try await server.start()
        try await eventually(within: .seconds(60)) { subscriber.statistics.received >= 5000 }
        try await publish(1000, on: publisher)
        try await settles(publisher, subscriber)
        // Only what was under way to the server may be lost.
        #expect(subscriber.statistics.received >= 6000)
        #expect(publisher.statistics.reconnections == 1)
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }

    @Test func `server of a cluster that is killed`() async throws {
        let cluster = try await NATSCluster()
        let namespace = freshName()
        let urls = cluster.servers.map(\.url)
        let publisher = try await NATSBus.on(cluster[0], namespace: namespace)
        let subscriber = try await NATSBus.on(cluster[1], namespace: namespace) { $0.servers = Array(urls[1...]) }
        let subscription = try await subscriber.subscribe(to: "run.*", options: .init(bufferCapacity: 1 << 17))
        // From when it has heard of the subscription a publisher counts for it.
        #expect(try await publisher.hasSubscriber(of: "run.a"))
        for round in 0..<30 {
            try await publish(200, on: publisher)
            if round == 10 { await cluster[1].kill() }
            if round == 20 { await cluster[2].kill(); try await cluster[1].start() }
        }
        try await settles(publisher, subscriber)
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }

    @Test func `server that stands still for a while`() async throws {
        let server = try await NATSServer()
        let namespace = freshName()
        let publisher = try await NATSBus.on(server, namespace: namespace)
        let subscriber = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await subscriber.subscribe(to: "run.*", options: .init(bufferCapacity: 1 << 17))
        // From when it has heard of the subscription a publisher counts for it.
        #expect(try await publisher.hasSubscriber(of: "run.a"))
        server.send(SIGSTOP)
        let clock = ContinuousClock()
        let longest = try await clock.measure { try await publish(2000, on: publisher) }
        #expect(longest < .seconds(5))
        server.send(SIGCONT)
        try await settles(publisher, subscriber)
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }

    @Test func `queue that is full tells so, and what it drops is counted`() async throws {
        let server = try await NATSServer()
        let namespace = freshName()
        let publisher = try await NATSBus.on(server, namespace: namespace) { $0.queueCapacity = 100 }
        let subscriber = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await subscriber.subscribe(to: "run.*", options: .init(bufferCapacity: 1 << 17))
        // From when it has heard of the subscription a publisher counts for it.
        #expect(try await publisher.hasSubscriber(of: "run.a"))
        await server.kill()
        try await eventually { publisher.statistics.peersByEndpoint.isEmpty }
        try await publish(1000, on: publisher)
        #expect(publisher.statistics.sendQueueDropEpisodes == 1)
        try await server.start()
        try await settles(publisher, subscriber)
        #expect(subscriber.statistics.received == 100)
        #expect(subscriber.statistics.lost == 900)
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }

    @Test func `closing is bounded while a server stands still`() async throws {
        let server = try await NATSServer()
        let bus = try await NATSBus.on(server)
        try await publish(10, on: bus)
        server.send(SIGSTOP)
        let time = await ContinuousClock().measure { await bus.close() }
        #expect(time < .seconds(6))
        server.send(SIGCONT)
    }
}

/// Whether servers are killed in this run.
let runsOutages = ProcessInfo.processInfo.environment["EVENT_NATS_OUTAGES"] != nil
