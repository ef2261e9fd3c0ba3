import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct PublishInterruptionTests {
    private static let bound = "zmq:?publish=bind:tcp://127.0.0.1:*"
    private static let waitsInVain = ["--bus", bound, "--wait-for-subscribers", "1", "--within", "1h"]
    private static let nothingPublished = "interrupted while waiting for subscribers: nothing was published\n"

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends the wait for subscribers, and what waited is told and a failure`(signal: Int32) async throws {
        let program = try Program(["pub", "a"] + Self.waitsInVain)
        #expect(await program.errorLine(beginning: "bound") != nil)
        program.send(signal: signal)
        let outcome = await program.outcome()
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasSuffix(Self.nothingPublished))
    }

    @Test func `a file of which nothing is published is a failure`() async throws {
        try await withTemporaryFile(alternatingLines(3)) { path in
            let program = try Program(["pub", "--file", path] + Self.waitsInVain)
            #expect(await program.errorLine(beginning: "bound") != nil)
            program.send(signal: SIGINT)
            let outcome = await program.outcome()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("interrupted"))
        }
    }

    @Test func `a payload that has not ended is a failure`() async throws {
        let program = try Program(["pub", "a", "-"] + Self.waitsInVain)
        #expect(await program.errorLine(beginning: "bound") != nil)
        program.send(signal: SIGINT)
        let outcome = await program.outcome()
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.hasSuffix("interrupted before the end of standard input: not all of it was published\n")
        )
    }

    @Test func `an input without end is no failure once all that was read is published`() async throws {
        try await BusLink.with { link in
            let subscriber = try await link.subscriber(">")
            let publisher = try Program(["pub", "--bus", link.publishing, "--wait-for-subscribers", "1"])
            publisher.send("\(envelopeLine("a", id: 1))\n".utf8)
            #expect(await subscriber.readLine() != nil)
            publisher.send(signal: SIGINT)
            let outcome = await publisher.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
            subscriber.send(signal: SIGINT)
            #expect(await subscriber.outcome().status == 0)
        }
    }

    @Test func `a named file must be read to its end`() async throws {
        try await BusLink.with { link in
            try await withTemporaryDirectory { directory in
                let path = directory + "/pipe"
                #expect(unsafe mkfifo(path, 0o600) == 0)
                // For reading too, so that neither side waits for the other to open it.
                let pipe = try #require(FileHandle(forUpdatingAtPath: path))
                let subscriber = try await link.subscriber(">")
                let bus = link.publishing
                let publisher = try Program(["pub", "--file", path, "--bus", bus, "--wait-for-subscribers", "1"])
                try pipe.write(contentsOf: Data("\(envelopeLine("a", id: 1))\n".utf8))
                #expect(await subscriber.readLine() != nil)
                publisher.send(signal: SIGINT)
                let outcome = await publisher.outcome()
                #expect(outcome.status == 1)
                #expect(outcome.errors == "interrupted before the end of \(path): not all of it was published\n")
                subscriber.send(signal: SIGINT)
                #expect(await subscriber.outcome().status == 0)
            }
        }
    }
}
