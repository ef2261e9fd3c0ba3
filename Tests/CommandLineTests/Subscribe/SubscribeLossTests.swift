import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SubscribeLossTests {
    /// The sums that are written, in their order.
    private struct Sums: Codable, Equatable {
        var received = 0
        var lost = 0
        var dropped = 0
        var malformed = 0
    }

    private func sums(in file: String) throws -> Sums {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let sums = try JSONDecoder().decode(Sums.self, from: Data(text.utf8))
        let (received, lost, dropped, malformed) = (sums.received, sums.lost, sums.dropped, sums.malformed)
        #expect(
            text == "{\"received\":\(received),\"lost\":\(lost),\"dropped\":\(dropped),\"malformed\":\(malformed)}\n"
        )
        return sums
    }

    @Test func `what is dropped is told when it begins and at the end, and is a failure of its own`() async throws {
        try await BusLink.with { link in
            try await withTemporaryDirectory { directory in
                let file = directory + "/sums.json"
                // Nobody reads yet: what a pipe does not hold is dropped.
                let arguments = ["--buffer", "1", "--quiet", "--fail-on-loss", "--summary", file]
                let subscriber = try Program(["sub", ">", "--bus", link.subscribing] + arguments)
                #expect(try await link.publish(input: alternatingLines(5000)).status == 0)
                #expect(await subscriber.errorLine(beginning: "dropped an envelope: ") != nil)
                subscriber.send(signal: SIGINT)

                let outcome = await subscriber.outcome()
                #expect(outcome.status == 3)
                let sums = try sums(in: file)
                #expect(sums.dropped > 0)
                #expect(sums.received - sums.dropped == outcome.lines.count)
                let end = "received \(sums.received), lost \(sums.lost), dropped \(sums.dropped), malformed 0\n"
                #expect(outcome.errors.hasSuffix(end))
            }
        }
    }

    @Test func `without loss it is no failure, and only what was asked for is counted`() async throws {
        let lines = (1...6).map { envelopeLine("a", id: $0, headers: ["k": $0 % 2 == 0 ? "yes" : "no"]) + "\n" }
        try await BusLink.with { link in
            try await withTemporaryFile(Data("before".utf8)) { file in
                let subscriber = try await link.subscriber(
                    "a",
                    "--header",
                    "k=yes",
                    "--count",
                    "3",
                    "--fail-on-loss",
                    "--summary",
                    file
                )
                #expect(try await link.publish(input: lines.joined().utf8).status == 0)
                let outcome = await subscriber.outcome()
                #expect(outcome.status == 0)
                #expect(outcome.errors.hasSuffix("\(noLoss(received: 3))\n"))
                #expect(try sums(in: file) == Sums(received: 3))
            }
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal leaves a summary, also when it comes twice at once`(signal: Int32) async throws {
        try await BusLink.with { link in
            try await withTemporaryDirectory { directory in
                let file = directory + "/sums.json"
                let subscriber = try await link.subscriber("a.*", "b.*", "--summary", file)
                #expect(try await link.publish(input: alternatingLines(4)).status == 0)
                for _ in 0..<4 { #expect(await subscriber.readLine() != nil) }
                subscriber.send(signal: signal)
                subscriber.send(signal: signal)
                #expect(await subscriber.outcome().status == 0)
                #expect(try sums(in: file) == Sums(received: 4))
                #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["sums.json"])
            }
        }
    }

    @Test func `a reader that goes leaves a summary`() async throws {
        try await BusLink.with { link in
            try await withTemporaryDirectory { directory in
                let file = directory + "/sums.json"
                let subscriber = try await link.subscriber("a", "--summary", file)
                #expect(try await link.publish("a", "1").status == 0)
                #expect(await subscriber.readLine() != nil)
                subscriber.closeOutput()
                #expect(await subscriber.outcome().status == 0)
                #expect(try sums(in: file) == Sums(received: 1))
            }
        }
    }

    @Test(arguments: [false, true])
    func `the end of the time leaves a summary`(isWaiting: Bool) async throws {
        try await BusLink.with { link in
            let bus = isWaiting ? link.waiting : link.subscribing
            try await withTemporaryDirectory { directory in
                let file = directory + "/sums.json"
                let outcome = try await Program.run(
                    ["sub", "a", "--count", "1", "--within", "50ms", "--bus", bus, "--summary", file]
                )
                #expect(outcome.status == 1)
                #expect(try sums(in: file) == Sums())
            }
        }
    }

    @Test func `a signal leaves a summary while publishers are waited for`() async throws {
        try await BusLink.with { link in
            try await withTemporaryDirectory { directory in
                let file = directory + "/sums.json"
                let subscriber = try Program(["sub", "a", "--bus", link.waiting, "--summary", file])
                #expect(await subscriber.errorLine(beginning: "waiting for") != nil)
                subscriber.send(signal: SIGTERM)
                #expect(await subscriber.outcome().status == 0)
                #expect(try sums(in: file) == Sums())
            }
        }
    }

    @Test(arguments: [("no/such/directory/sums", "No such file or directory"), (".", "Is a directory")])
    func `a summary that cannot be written is told before anything else`(file: String, reason: String) async throws {
        try await BusLink.with { link in
            let outcome = try await Program.run(["sub", "a", "--bus", link.subscribing, "--summary", file])
            #expect(outcome.status == 74)
            #expect(outcome.errors == "Error: \(file): \(reason)\n")
        }
    }
}
