import EventCore
import EventNATS
import Foundation
import InMemoryLogging
import Logging
import NATSSupport
import ProcessSupport
import Testing

/// Servers that send their clients away.
@Suite(.timeLimit(.minutes(5))) struct LameDuckTests {
    @Test func `server that is about to stop is left for another one, and what is lost is counted`() async throws {
        let folder = try TestFolder()
        // Clients are cut off after the grace period.
        let soon = try folder.write("lame_duck_grace_period: 1s\nlame_duck_duration: 30s", as: "soon.conf")
        let cluster = try await NATSCluster(["-c", soon])
        let namespace = freshName()
        let handler = InMemoryLogHandler()
        let publisher = try await NATSBus.on(cluster[0], namespace: namespace)
        let subscriber = try await NATSBus.on(cluster[1], namespace: namespace) {
            $0.logger = Logger(label: "test") { _ in handler }
        }
        let subscription = try await subscriber.subscribe(to: "a", options: .init(bufferCapacity: 1 << 16))
        #expect(try await publisher.hasSubscriber(of: "a"))
        cluster[1].send(SIGUSR2)
        var count = 0
        try await eventually(within: .seconds(60)) {
            try await publisher.publish(count, to: "a")
            count += 1
            return subscriber.statistics.reconnections > 0
        }
        let told = handler.entries.map(\.message.description)
        #expect(told.contains("the server is about to stop"))
        #expect(subscriber.statistics.peersByEndpoint[cluster[1].url] == nil)
        try await eventually(within: .seconds(60), "\(count) published, \(subscriber.statistics)") {
            subscriber.statistics.received + subscriber.statistics.lost == count
        }
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }

    @Test func `what a server throws away with a client that does not read is counted`() async throws {
        let folder = try TestFolder()
        let small = try folder.write("max_pending: 1MB\nwrite_deadline: \"500ms\"", as: "small.conf")
        let server = try await NATSServer(["-c", small])
        let namespace = freshName()
        let publisher = try await NATSBus.on(server, namespace: namespace) {
            ($0.queueBytes, $0.linger) = (1 << 30, .seconds(20))
        }
        let summary = folder.path("summary")
        let url = "\(server.url)?namespace=\(namespace)"
        let reader = try Program(["sub", "a", "--bus", url, "--summary", summary, "--quiet"])
        #expect(try await publisher.hasSubscriber(of: "a"))
        let payload = Data("\"\(String(repeating: "x", count: 1 << 16))\"".utf8)
        reader.send(signal: SIGSTOP)
        for _ in 0..<800 { try await publisher.publish(rawPayload: payload, to: "a") }
        // All of it is with the server, or the reader could be cut off once more.
        try await eventually(within: .seconds(60)) {
            let report = try await server.report("varz")
            let count = { (name: String) in report[name] as? Int ?? 0 }
            return count("slow_consumers") > 0 && count("in_bytes") >= 800 * payload.count
        }
        reader.send(signal: SIGCONT)
        #expect(await reader.errorLine(beginning: "lost") != nil)
        // With its last words the publisher says how much there was. Who answers a bus that comes later has read them.
        await publisher.close()
        let witness = try await NATSBus.on(server, namespace: namespace)
        #expect(try await witness.hasSubscriber(of: "a"))
        reader.send(signal: SIGTERM)
        #expect(await reader.outcome().status == 0)
        let text = try String(contentsOfFile: summary, encoding: .utf8)
        let sums = try JSONDecoder().decode([String: Int].self, from: Data(text.utf8))
        #expect(sums["lost"] ?? 0 > 0)
        #expect(sums["unknown"] == nil)
        #expect((sums["received"] ?? 0) + (sums["lost"] ?? 0) == 800, "\(text)")
        await witness.close()
        await server.kill()
    }
}
