import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SubscribeWaitTests {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends the wait for publishers, and who waited is told`(signal: Int32) async throws {
        try await BusLink.with { link in
            let subscriber = try Program(["sub", "a", "b.>", "--bus", link.waiting])
            let line = await subscriber.errorLine(beginning: "waiting for")
            #expect(line == "waiting for publishers to confirm a, b.>")
            subscriber.send(signal: signal)

            let outcome = await subscriber.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.output == "")
            let end = "not subscribed to a, b.>: publishers had still to confirm\n\(noLoss(received: 0))\n"
            #expect(outcome.errors.hasSuffix(end))
        }
    }

    @Test(arguments: ["0", "20ms", "400ms"])
    func `the time limit counts while publishers are waited for`(time: String) async throws {
        try await BusLink.with { link in
            let arguments = ["sub", "a", "--within", time, "--bus", link.waiting]
            #expect(try await Program.run(arguments).status == 0)
            let outcome = try await Program.run(arguments + ["--count", "1"])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("\nonly 0 of 1 envelopes came within "))
        }
    }

    @Test func `a wait that is cut off is quiet if asked to be`() async throws {
        try await BusLink.with { link in
            let outcome = try await Program.run(["sub", "a", "--quiet", "--within", "400ms", "--bus", link.waiting])
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
        }
    }

    @Test func `who is there is told while others are waited for`() async throws {
        try await BusLink.with { link in
            let other = "\(link.address)2"
            let arguments = ["pub", "b", "--wait-for-subscribers", "1", "--within", "1h", "--bus"]
            let publisher = try Program(arguments + ["zmq:?publish=bind:\(other)"])
            let subscriber = try Program(["sub", "a", "--bus", "\(link.waiting)&subscribe=connect:\(other)"])
            #expect(await subscriber.errorLine(beginning: "connected \(other): ") != nil)
            subscriber.send(signal: SIGINT)
            #expect(await subscriber.outcome().status == 0)
            publisher.send(signal: SIGINT)
            #expect(await publisher.outcome().status == 1)
        }
    }

    @Test func `a wait ends when its publisher comes`() async throws {
        try await BusLink.with { link in
            let subscriber = try Program(["sub", "a", "b", "--count", "1", "--bus", link.waiting])
            #expect(await subscriber.errorLine(beginning: "waiting for") != nil)
            let bus = "zmq:?publish=bind:\(link.address)"
            let publisher = try Program(["pub", "--bus", bus, "--wait-for-subscribers", "1", "--within", "30s"])
            publisher.send("\(envelopeLine("a", id: 1))\n".utf8)
            let outcome = await subscriber.outcome()
            publisher.closeInput()
            #expect(await publisher.outcome().status == 0)
            #expect(outcome.status == 0)
            #expect(outcome.lines.count == 1)
            #expect(outcome.errors.hasSuffix("\(noLoss(received: 1))\n"))
        }
    }
}
