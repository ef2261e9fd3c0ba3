import Foundation
import IntegrationSupport
import NATSSupport
import ProcessSupport

/// Envelopes go over NATS servers, each scenario with servers of its own.
extension Scenario {
    static let nats =
        [200, 2000].flatMap { [natsPairs($0, isCluster: false), natsPairs($0, isCluster: true)] }
        + [natsKilled, natsSlow(isInBody: false), natsSlow(isInBody: true), natsGroup]

    private static func natsPairs(_ count: Int, isCluster: Bool) -> Scenario {
        var scenario = Scenario(
            name: "\(count) pairs over \(isCluster ? "a NATS cluster of three" : "a NATS server")",
            shows: "Who waits for a subscriber loses nothing, from the first envelope on, on whatever server that is.",
            isShort: count == 200
        ) { stage, audit in
            let servers = try await isCluster ? NATSCluster().servers : [NATSServer()]
            let pairs = (0..<count).map { number in
                let urls = (0...1).map { "\(servers[(number + $0) % servers.count].url)?namespace=pair\(number)" }
                return Pair(
                    number: number,
                    publisherBus: urls[0],
                    subscriberBus: urls[1],
                    publisherFirst: number.isMultiple(of: 2)
                )
            }
            for outcome in try await Pairs.run(pairs, on: stage) {
                audit.add(Account(sent: Pair.envelopes, received: outcome.printed, lost: 0))
                audit.expect(outcome.fault == nil, outcome.fault ?? "")
            }
            for server in servers { await server.kill() }
        }
        scenario.deadline = .seconds(60 + count / 2)
        return scenario
    }

    private static let natsKilled = Scenario(
        name: "NATS server killed and started anew in a stream",
        shows: "What was under way to a server that dies is told, and what waits for it is not lost."
            // Not in the short form: such a loss is not always told yet, as "NATS in production" says.
    ) { stage, audit in
        let server = try await NATSServer()
        let (publisher, subscriber) = try await stage.natsPair(over: server)
        async let burst: Void = publisher.burst(20_000, subjects: 10, perMillisecond: 5)
        try await subscriber.take(5000)
        await server.kill()
        try await subscriber.perform(.awaitEvent(.disconnected, count: 1))
        try await server.start()
        try await burst
        // Both are back, and the queue has been sent.
        try await subscriber.take(15_000)
        try await audit.settle(publisher, at: subscriber)
        await server.kill()
    }

    private static func natsSlow(isInBody: Bool) -> Scenario {
        Scenario(
            name: "NATS server cuts off a subscriber that does not read\(isInBody ? ", all in the body" : "")",
            shows:
                "What a server throws away with a client is told\(isInBody ? ", each of several in a message" : "").",
            isShort: true
        ) { stage, audit in
            let limits = try stage.file("limits.conf", holding: "max_pending: 1MB\nwrite_deadline: \"500ms\"\n")
            let server = try await NATSServer(["-c", limits.path])
            let (publisher, subscriber) = try await stage.natsPair(over: server, isInBody ? ["--body"] : [])
            try await subscriber.stopped {
                try await publisher.burst(150_000, subjects: 10, perMillisecond: 50)
                try await eventually("the server cuts nobody off") {
                    try await server.report("varz")["slow_consumers"] as? Int ?? 0 > 0
                }
            }
            try await subscriber.perform(.awaitEvent(.connected, count: 2))
            let books = try await audit.settle(publisher, at: subscriber)
            audit.expect(books.lost > 0, "nothing was lost")
            await server.kill()
        }
    }

    private static let natsGroup = Scenario(
        name: "three members of a group over a NATS server",
        shows: "Each envelope comes to one of them, and none is called lost at the others.",
        isShort: true
    ) { stage, audit in
        let server = try await NATSServer()
        let url = "\(server.url)?namespace=group"
        let program = Stage.program("eventbus")
        var members: [ChildProcess] = []
        for number in 1...3 {
            let arguments = ["sub", "a", "--group", "workers", "--bus", url, "--fail-on-loss"]
            members.append(try stage.start("member \(number)", program, arguments))
        }
        let count = 3000
        let publish = ["pub", "--bus", url, "--wait-for-subscribers", "3"]
        let publisher = try stage.start("pub", program, publish)
        let lines = (1...count).map { #"{"subject":"a","payload":\#($0)}"# }
        try publisher.send(lines.joined(separator: "\n"))
        publisher.closeInput()
        let status = await publisher.end().status
        audit.expect(status == 0, "pub ended with status \(status)")
        // What is under way to the members is there by then, and what comes twice.
        try await lookOn(for: Audit.limit)
        var printed = 0
        for member in members {
            member.signal(SIGTERM)
            let end = await member.end()
            audit.expect(end.status == 0, "\(member.name) ended with status \(end.status)")
            printed += end.lines
        }
        audit.add(Account(sent: count, received: printed, lost: 0))
        await server.kill()
    }
}

extension Stage {
    /// Two processes on a server, of which one has subscribed to what the other is going to publish.
    fileprivate func natsPair(
        over server: NATSServer,
        _ ofPublisher: [String] = []
    ) async throws -> (publisher: Peer, subscriber: Peer) {
        let arguments = ["--nats", server.url, "--namespace", "report"]
        let publisher = try await peer("publisher", arguments + ofPublisher)
        let subscriber = try await peer("subscriber", arguments)
        try await subscriber.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        return (publisher, subscriber)
    }
}
