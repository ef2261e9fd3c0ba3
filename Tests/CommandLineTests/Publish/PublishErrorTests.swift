import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct PublishErrorTests {
    @Test func `a malformed line is named by its number, and the rest is published`() async throws {
        let input = "\(envelopeLine("a", id: 1))\n\n{\"subject\":\"a..b\"}\n\(envelopeLine("a", id: 2))\nxyz"
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "2")
            let published = try await link.publish(input: input.utf8)
            #expect(published.status == 65)
            let reports = published.errors.split(separator: "\n")
            #expect(reports.count == 2)
            #expect(reports.first?.hasPrefix("standard input:3: malformed envelope: ") == true)
            #expect(reports.last?.hasPrefix("standard input:5: malformed envelope: ") == true)
            #expect(await subscriber.outcome().lines.count == 2)
        }
    }

    @Test func `an envelope that the bus refuses is named by its line`() async throws {
        let input = """
            {"subject":"a","payload":"\(String(repeating: "x", count: 2000))"}
            \(envelopeLine("a", id: 2))
            """
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "1")
            let bus = link.publishing + "&maximumMessageSize=1024"
            let published = try await Program.run(
                ["pub", "--wait-for-subscribers", "1", "--bus", bus],
                input: input.utf8
            )
            #expect(published.status == 65)
            #expect(published.errors.hasPrefix("standard input:1: "))
            #expect(published.errors.split(separator: "\n").count == 1)
            #expect(await subscriber.outcome().output.hasSuffix("{\"n\":2}\n"))
        }
    }

    @Test func `what nobody listens to is told`() async throws {
        try await BusLink.with { link in
            let outcome = try await Program.run(["pub", "--bus", link.publishing], input: alternatingLines(3))
            #expect(outcome.status == 0)
            #expect(outcome.errors == "3 of 3 envelopes had no subscriber; --wait-for-subscribers 1 waits for one\n")
        }
    }

    @Test func `too few subscribers in time are a failure, and nothing is published`() async throws {
        try await BusLink.with { link in
            let arguments = ["pub", "a", "--bus", link.publishing, "--wait-for-subscribers", "2", "--within", "20ms"]
            let outcome = try await Program.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("Error: nothing was published: fewer than 2 subscribers of a within 20ms."))
        }
    }

    @Test func `a bus that discards checks the input`() async throws {
        let outcome = try await Program.run(["pub", "--bus", "noop:"], input: "{}\n".utf8)
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("standard input:1: malformed envelope: "))
        #expect(try await Program.run(["pub", "--bus", "noop:"], input: alternatingLines(10)).status == 0)
    }

    @Test(arguments: ["", "{", "x", "1 2"])
    func `a payload from the input that is no JSON is an error`(payload: String) async throws {
        let outcome = try await Program.run(["pub", "a", "-", "--bus", "noop:"], input: payload.utf8)
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("Error: the payload cannot be encoded: "))
    }

    @Test(
        arguments: [
            (["pub", "a"], "No bus is chosen. Give --bus or set EVENT_BUS"), (["sub", "a"], "No bus is chosen."),
            (["sub", "--bus", "noop:"], "Missing expected argument"), (["pub", "a..b"], "empty segment at index 1"),
            (["pub", "a", "{"], "it is no JSON text"), (["pub", "a", "text"], "quote a string"),
            (["pub", "a", ""], "it is empty; leave it out for none"), (["pub", "a", "{"], "it is no JSON text"),
            (["pub", "--source", "x"], "--source and --header need a subject"),
            (["pub", "--header", "a=b"], "need a subject"),
            (["pub", "a", "--file", "x"], "either a subject or --file"),
            (["pub", "a", "--header", "a"], "no '='"), (["pub", "a", "--header", "k=1", "--header", "k=2"], "twice"),
            (["pub", "a", "--within", "1s"], "--wait-for-subscribers, which is not given"),
            (["pub", "a", "--wait-for-subscribers=-1"], "must not be negative"),
            (["pub", "a", "--wait-for-subscribers", "1", "--bus", "noop:"], "cannot tell who subscribes"),
            (["sub", "a", "--count", "0"], "at least 1"), (["sub", "a", "--within", "soon"], "--within"),
            (["sub", "a", "--buffer", "0"], "from 1 to 1048576"),
            (["sub", "a", "--group", "a b"], "holds a blank"), (["sub", "a", "--group", ""], "group is empty"),
            (["sub", "a", "--summary", "-"], "--summary needs the name of a file"),
            (["pub", "a", "--bus", "memory:"], "A memory: bus ends with this process"),
            (["sub", "a", "--bus", "memory:"], "A memory: bus ends with this process"),
            (["sub", "a", "--bus", "noop:"], "Nothing ever arrives"),
            (["pub", "a", "--bus", "zmq:?subscribe=bind:ipc://@x"], "no 'publish' endpoint"),
            (["sub", "a", "--bus", "zmq:?publish=bind:ipc://@x"], "no 'subscribe' endpoint"),
            (["sub", "a", "--bus", "amqp:?token=s3cret"], "unknown transport 'amqp': known are memory, nats, "),
            (["sub", "a", "--bus", "zmq:?lingr=s3cret"], "unknown option 'lingr': zmq knows publish, subscribe, "),
            (["sub", "a", "--bus", "zmq:?subscribe=s3cret"], "'subscribe' must be bind: or connect: and an address"),
            (["route", "--bus", "memory:?a=s3cret"], "unknown option 'a': memory knows routeCacheCapacity"),
            (["route", "--bus", "s3cret"], "no scheme"),
        ]
    )
    func `a usage error says what is wrong`(arguments: [String], reason: String) async throws {
        let outcome = try await Program.run(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("Error: "))
        #expect(outcome.errors.contains(reason))
        #expect(!outcome.errors.contains("s3cret"))
    }

    @Test func `a bad bus of the environment is told as such`() async throws {
        let outcome = try await Program.run(["route"], bus: "mem:")
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("Error: EVENT_BUS: unknown transport 'mem'"))
    }

    @Test(arguments: ["pub", "sub", "route"])
    func `help has an example`(command: String) async throws {
        let outcome = try await Program.run([command, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("Example: eventbus \(command) "))
        #expect(outcome.output.contains("EVENT_BUS"))
    }
}
