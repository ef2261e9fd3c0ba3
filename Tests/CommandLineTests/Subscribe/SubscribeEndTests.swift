import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SubscribeEndTests {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal prints what has arrived, and the status is 0`(signal: Int32) async throws {
        try await BusLink.with { link in
            // Nobody reads yet: what a pipe does not hold waits in the program.
            let subscriber = try await link.subscriber(">")
            #expect(try await link.publish(input: alternatingLines(5000)).status == 0)
            let first = await subscriber.readLine()
            #expect(first?.hasSuffix("{\"n\":0}") == true)
            subscriber.send(signal: signal)

            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            let numbers = outcome.lines.compactMap { Int($0.drop { $0 != "{" }.filter(\.isWholeNumber)) }
            #expect(numbers.count > 100)
            #expect(numbers == Array(1...numbers.count))
        }
    }

    @Test func `a second signal ends a program that is stuck on its output`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber(">")
            #expect(try await link.publish(input: alternatingLines(5000)).status == 0)
            #expect(await subscriber.readLine() != nil)
            await subscriber.end(by: SIGINT)
            #expect([0, 128 + SIGINT].contains(await subscriber.outcome().status))
        }
    }

    @Test func `a signal before anything came ends it with status 0`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "3")
            subscriber.send(signal: SIGTERM)
            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.output == "")
        }
    }

    @Test func `too few envelopes in time are a failure, and those that came are printed`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "2", "--within", "8s")
            #expect(try await link.publish("a", "1").status == 0)
            let outcome = await subscriber.outcome()
            #expect(outcome.status == 1)
            #expect(outcome.lines.count == 1)
            #expect(outcome.errors.hasSuffix("\(noLoss(received: 1))\nonly 1 of 2 envelopes came within 8s\n"))
        }
    }

    @Test(arguments: ["50ms", "0"])
    func `time that is up is no failure without a count`(time: String) async throws {
        try await BusLink.with { link in
            let outcome = try await Program.run(["sub", "a", "--within", time, "--bus", link.subscribing])
            #expect(outcome.status == 0)
            #expect(outcome.output == "")
        }
    }

    @Test func `a reader that goes ends it quietly, although nothing more comes`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a", "--count", "5", "--within", "1m")
            #expect(try await link.publish("a", "1").status == 0)
            #expect(await subscriber.readLine() != nil)
            subscriber.closeOutput()
            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.errors == "bound \(link.address)\nsubscribed to a\n\(noLoss(received: 1))\n")
        }
    }

    @Test func `quiet tells nothing`() async throws {
        try await BusLink.with { link in
            let bus = link.subscribing
            let outcome = try await Program.run(["sub", "a", ">", "--quiet", "--within", "10ms", "--bus", bus])
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
        }
    }

    @Test func `an address in use is named`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber("a")
            let second = try await Program.run(["sub", "a", "--bus", link.subscribing])
            #expect(second.status == 69)
            #expect(second.errors.contains(link.address))
            subscriber.send(signal: SIGINT)
            #expect(await subscriber.outcome().status == 0)
        }
    }
}
