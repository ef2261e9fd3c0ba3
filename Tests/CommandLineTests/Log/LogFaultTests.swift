import EventCore
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// What the log commands do about what goes wrong.
@Suite(.timeLimit(.minutes(3))) struct LogFaultTests {
    /// Runs `body` with a server of its own, and the arguments that name a log there.
    private func withLog(_ body: (NATSServer, [String]) async throws -> Void) async throws {
        let server = try await NATSServer.withJetStream()
        try await body(server, ["--stream", "orders", "--bus", "\(server.url)?namespace=shop"])
        await server.kill()
    }

    private func append(_ count: Int, _ log: [String]) async throws {
        let input = (0..<count).map { envelopeLine("orders.\($0)", id: $0) + "\n" }.joined()
        let outcome = try await Program.run(["log", "append", "--create"] + log, input: input.utf8)
        #expect(outcome.status == 0)
    }

    @Test func `runs with few deliveries print everything once`() async throws {
        try await withLog { _, log in
            try await append(6, log)
            var lines: [Substring] = []
            for _ in 0..<6 {
                let run = ["log", "consume", "--name", "work", "--maximum-deliveries", "2", "--count", "1"]
                lines += try await Program.run(run + log).lines
            }
            #expect(lines.count == 6)
            for number in 0..<6 { #expect(lines.dropFirst(number).first?.contains("orders.\(number)") == true) }
        }
    }

    @Test func `consume takes no --header, and says why`() async throws {
        try await withLog { _, log in
            let outcome = try await Program.run(["log", "consume", "--name", "work", "--header", "k=v"] + log)
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("without being printed"))
            #expect(outcome.errors.contains("log replay --header"))
        }
    }

    @Test(arguments: [("consume", false), ("replay", true)])
    func `help lists --header where it can be used`(_ command: String, _ isListed: Bool) async throws {
        let help = try await Program.run(["log", command, "--help"]).output
        let options = help.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(options.contains { $0.hasPrefix("--output") })
        #expect(options.contains { $0.hasPrefix("--header") } == isListed)
    }

    @Test func `what cannot be printed is not acknowledged, and what is no envelope is told`() async throws {
        try await withLog { server, log in
            try await append(1, log)
            let client = try PlainClient(port: server.port)
            try client.publish("not json", to: "shop.b")
            try client.publish("1", to: "shop.c", header: "EB: garbage")
            try client.publish("4", to: "shop.d")
            let run = ["log", "consume", "--name", "work", "--count", "2", "--output", "json"]
            let outcome = try await Program.run(run + log)
            #expect(outcome.status == 65)
            #expect(outcome.lines.count == 2)
            let reports = outcome.errors.split(separator: "\n")
            #expect(reports.contains { $0.hasPrefix("number 2 cannot be printed: ") })
            #expect(reports.contains { $0.hasPrefix("number 3 is left out: ") })
            let info = try await Program.run(["log", "info", "--name", "work"] + log)
            #expect(info.lines.contains("unacknowledged\t1"))
            #expect(info.lines.contains("acknowledged\t1"))
        }
    }

    @Test func `replay ends behind what is no envelope, and tells it`() async throws {
        try await withLog { server, log in
            try await append(1, log)
            try PlainClient(port: server.port).publish("1", to: "shop.a", header: "EB: garbage")
            for arguments in [[], ["--from", "2"]] {
                let outcome = try await Program.run(["log", "replay"] + arguments + log)
                #expect(outcome.status == 65)
                #expect(outcome.lines.count == (arguments.isEmpty ? 1 : 0))
                #expect(outcome.errors.hasPrefix("number 2 is left out: "))
            }
        }
    }

    @Test func `a line without an id gets one, and one that is too large is told by its number`() async throws {
        try await withLog { _, log in
            let large = String(repeating: "x", count: 1_100_000)
            let input =
                #"{"subject":"a"}"# + "\n" + #"{"subject":"b","payload":"\#(large)"}"# + "\n" + #"{"subject":"c"}"#
                + "\n"
            let outcome = try await Program.run(["log", "append", "--create"] + log, input: input.utf8)
            #expect(outcome.status == 65)
            #expect(outcome.errors.hasPrefix("standard input:2: malformed envelope: "))
            #expect(outcome.errors.contains("max_payload"))
            let columns = outcome.lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
            #expect(columns.map { $0[1] } == ["a", "c"])
            let replay = try await Program.run(["log", "replay", "--output", "json"] + log)
            let ids = try replay.lines.map { try Envelope(jsonData: Data($0.utf8)).id }
            #expect(columns.map { String($0[2]) } == ids)
            #expect(ids.allSatisfy { !$0.isEmpty })
        }
    }

    @Test func `opening keeps to the limit, and a log with too little in it says so`() async throws {
        let server = try await NATSServer()
        let start = ContinuousClock.now
        let late = try await Program.run(["log", "replay", "--stream", "x", "--within", "1", "--bus", server.url])
        #expect(late.status == 1)
        #expect(late.errors.contains("was not opened in time"))
        #expect(ContinuousClock.now - start < .seconds(15))
        await server.kill()
        try await withLog { _, log in
            try await append(1, log)
            let few = try await Program.run(["log", "replay", "--count", "5", "--within", "20"] + log)
            #expect(few.status == 1)
            #expect(few.lines.count == 1)
            #expect(few.errors == "1 of 5 envelopes came in time\n")
        }
    }

    @Test(arguments: [["append", "a"], ["append"], ["replay"], ["consume", "--name", "work"]])
    func `a signal ends what waits for a server that has stopped`(arguments: [String]) async throws {
        let server = try await NATSServer()
        server.send(SIGSTOP)
        let program = try Program(["log"] + arguments + ["--stream", "x", "--bus", server.url])
        program.send("{\"subject\":\"a\"}\n".utf8)
        #if os(Linux)
        // It says how it stops before it connects.
        try await program.waitForSocket()
        #endif
        program.send(signal: SIGTERM)
        let outcome = await program.outcome()
        #expect(outcome.status == (arguments[0] == "append" ? 1 : 0))
        #expect(!outcome.errors.contains("Cancellation"))
        await server.kill()
    }

    @Test func `a signal ends appending to a server that has stopped`() async throws {
        try await withLog { server, log in
            let program = try Program(["log", "append", "--create"] + log)
            program.send("{\"subject\":\"a\"}\n".utf8)
            #expect(await program.readLine()?.hasPrefix("1\ta\t") == true)
            server.send(SIGSTOP)
            program.send("{\"subject\":\"b\"}\n".utf8)
            program.send(signal: SIGTERM)
            let outcome = await program.outcome()
            // Where the signal came before the line was read, nothing was left to do.
            #expect(outcome.status == (outcome.errors.contains("interrupted") ? 1 : 0))
            #expect(outcome.status == 1 || outcome.errors == "")
            #expect(!outcome.errors.contains("Cancellation"))
        }
    }

    @Test func `ages and waits of any length are taken or refused in words`() async throws {
        try await withLog { _, log in
            let short = try await Program.run(["log", "append", "a", "--create", "--maximum-age", "10s"] + log)
            #expect(short.status == 0)
            let tooShort = try await Program.run(["log", "append", "a", "--create", "--maximum-age", "10ms"] + log)
            #expect(tooShort.status == 64)
            #expect(tooShort.errors.contains("--maximum-age must be at least 100ms"))
            let wait = ["log", "consume", "--name", "w", "--count", "1", "--acknowledgement-wait", "9223372036.9s"]
            let other = ["--stream", "other", "--bus", log[3] + "2"]
            let long = ["log", "append", "a", "--create", "--maximum-age", "9223372036.9s"]
            #expect(try await Program.run(long + other).status == 0)
            #expect(try await Program.run(wait + other).lines.count == 1)
            let future = try await Program.run(["log", "replay", "--from", "2999-01-01T00:00:00Z"] + log)
            #expect(future.status == 64)
            #expect(future.errors.contains("in the future"))
        }
    }
}
