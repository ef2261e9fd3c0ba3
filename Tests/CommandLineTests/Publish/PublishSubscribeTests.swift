import EventCore
import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct PublishSubscribeTests {
    private static let examples = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Examples/runs.jsonl").standardizedFileURL

    @Test func `what is published as JSON lines is printed as the same JSON lines, byte for byte`() async throws {
        let lines = try String(contentsOf: Self.examples, encoding: .utf8)
        let count = lines.utf8.count { $0 == UInt8(ascii: "\n") }
        try await BusLink.with { link in
            let subscriber = try await link.subscriber(">", "--output", "json", "--count", "\(count)")
            async let received = subscriber.outcome()
            let published = try await link.publish("--file", Self.examples.path)
            #expect(published.status == 0)
            #expect(published.errors == "")

            let outcome = await received
            #expect(outcome.status == 0)
            #expect(outcome.output.utf8.elementsEqual(lines.utf8))
        }
    }

    @Test func `payloads and headers survive byte for byte`() async throws {
        let lines = """
            {"id":"1","subject":"ä.日本","time":"2026-04-27T10:11:12.123456789Z","headers":{"":"","k=%":"\\u0000\\n"},"payload":{ "b" : 1.0, "a":1e400 }}
            {"id":"2","subject":"a","time":"2026-04-27T10:11:12Z","source":"s","trace_id":"x","payload":[]}
            {"id":"3","subject":"a.b","time":"2026-04-27T10:11:12Z"}

            """
        try await BusLink.with { link in
            let subscriber = try await link.subscriber(">", "--output", "json", "--count", "3")
            #expect(try await link.publish(input: lines.utf8).status == 0)
            #expect(await subscriber.outcome().output.utf8.elementsEqual(lines.utf8))
        }
    }

    @Test func `an envelope is made of arguments`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("orders.>", "--output", "json", "--count", "1")
            let published = try await link.publish(
                "orders.eu.created",
                #" { "id" : 7 } "#,
                "--source",
                "checkout",
                "--header",
                "tenant=a=b",
                "--header",
                "x="
            )
            #expect(published.status == 0)
            #expect(published.output == "")

            let envelope = try Envelope(jsonData: Data(await subscriber.outcome().output.utf8.dropLast()))
            #expect(envelope.subject == "orders.eu.created")
            #expect(envelope.source == "checkout")
            #expect(envelope.headers == ["tenant": "a=b", "x": ""])
            #expect(envelope.payload == Data(#"{ "id" : 7 }"#.utf8))
            #expect(envelope.id.count == 20)
            #expect(abs(envelope.time.timeIntervalSinceNow) < 120)
        }
    }

    @Test(arguments: [(["-"], "  [1, 2]\n", #"[1, 2]"#), ([], "", ""), (["null"], "", "null")])
    func `a payload comes from an argument, from the input, or not at all`(
        arguments: [String],
        input: String,
        printed: String
    ) async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "1")
            let command = ["pub", "a"] + arguments + ["--bus", link.publishing, "--wait-for-subscribers", "1"]
            #expect(try await Program.run(command, input: input.utf8).status == 0)
            let line = await subscriber.outcome().output
            #expect(line.hasSuffix("Z  a\(printed.isEmpty ? "" : "  ")\(printed)\n"))
        }
    }

    @Test func `an envelope that fits several patterns is printed once`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a.*", "a.0", ">", "a.*", "--count", "100")
            #expect(try await link.publish(input: alternatingLines(100)).status == 0)
            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.payloadNumbers.sorted() == Array(0..<100))
            #expect(outcome.payloadNumbers.filter { $0 % 2 == 0 } == Array(stride(from: 0, to: 100, by: 2)))
        }
    }

    @Test func `no more than the count is printed, in order`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a.*", "--count", "7", "--buffer", "100000")
            #expect(try await link.publish(input: alternatingLines(3000)).status == 0)
            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.payloadNumbers == [0, 2, 4, 6, 8, 10, 12])
        }
    }

    @Test func `only envelopes with the headers are printed`() async throws {
        let lines = (1...6).map { envelopeLine("a", id: $0, headers: ["k": $0 % 3 == 0 ? "yes" : "no"]) + "\n" }
            .joined()
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--header", "k=yes", "--count", "2")
            #expect(try await link.publish(input: lines.utf8).status == 0)
            #expect(await subscriber.outcome().payloadNumbers == [3, 6])
        }
    }

    @Test func `a line is printed while the publisher still has its input open`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber(">")
            let publisher = try Program(["pub", "--bus", link.publishing, "--wait-for-subscribers", "1"])
            for id in 1...3 {
                publisher.send("\(envelopeLine("a", id: id))\n".utf8)
                #expect(await subscriber.readLine()?.hasSuffix("{\"n\":\(id)}") == true)
            }
            publisher.closeInput()
            #expect(await publisher.outcome().status == 0)
            subscriber.send(signal: SIGINT)
            #expect(await subscriber.outcome().status == 0)
        }
    }

    @Test func `the buses may come from the environment, and an argument goes before it`() async throws {
        try await BusLink.with { link in
            let subscriber = try Program(["sub", "a", "--count", "1"], bus: link.subscribing)
            #expect(await subscriber.errorLine(beginning: "subscribed to") == "subscribed to a")
            let arguments = ["pub", "a", "1", "--wait-for-subscribers", "1"]
            let other = try await Program.run(arguments + ["--bus", "memory:"], bus: link.publishing)
            #expect(other.status == 64)
            #expect(try await Program.run(arguments, bus: link.publishing).status == 0)
            #expect(await subscriber.outcome().payloadNumbers == [1])
        }
    }

    @Test func `a publisher may bind a free port, and tells which`() async throws {
        let publisher = try Program(
            [
                "pub", "a", "1", "--bus", "zmq:?publish=bind:tcp://127.0.0.1:*", "--wait-for-subscribers", "1",
                "--within", "1m",
            ]
        )
        let bound = try #require(await publisher.errorLine(beginning: "bound tcp://127.0.0.1:"))
        let bus = "zmq:?subscribe=connect:\(bound.dropFirst(6))"
        let subscriber = try await Program.run(["sub", "a", "--count", "1", "--bus", bus])
        #expect(subscriber.payloadNumbers == [1])
        #expect(await publisher.outcome().status == 0)
    }

    @Test(arguments: [
        "zmq:?subscribe=bind:tcp://127.0.0.1:*&publish=bind:tcp://127.0.0.1:*", "memory:?routeCacheCapacity=0",
    ])
    func `a route goes over any bus`(bus: String) async throws {
        let arguments = ["route", "--subscribe", "a.*"]
        let expected = try await Program.run(arguments, input: alternatingLines(100))
        let chosen = try await Program.run(arguments + ["--bus", bus], input: alternatingLines(100))
        let environment = try await Program.run(arguments, input: alternatingLines(100), bus: bus)
        for outcome in [chosen, environment] {
            #expect(outcome.status == 0)
            #expect(outcome.output == expected.output)
            #expect(outcome.errors == expected.errors)
        }
    }
}

extension Program.Outcome {
    /// The numbers in the payloads `{"n":…}`, or the payloads that are a number, of text lines without a pattern.
    fileprivate var payloadNumbers: [Int] {
        lines.compactMap { line in line.split(separator: "  ").last.flatMap { Int($0.filter(\.isWholeNumber)) } }
    }
}
