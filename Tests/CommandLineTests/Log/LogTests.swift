import EventCore
import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct LogTests {
    /// Runs `body` with a server of its own, and the arguments that name a log there.
    private func withLog(_ body: ([String]) async throws -> Void) async throws {
        let server = try await NATSServer.withJetStream()
        try await body(["--stream", "orders", "--bus", "\(server.url)?namespace=shop"])
        await server.kill()
    }

    private func append(_ numbers: Range<Int>, _ log: [String]) async throws {
        let input = numbers.map { envelopeLine("orders.\($0)", id: $0) + "\n" }.joined()
        let outcome = try await Program.run(["log", "append", "--create"] + log, input: input.utf8)
        #expect(outcome.status == 0)
        #expect(outcome.lines.count == numbers.count)
    }

    @Test func `what is appended is replayed, in order`() async throws {
        try await withLog { log in
            let one = try await Program.run(["log", "append", "a.b", #"{"n":0}"#, "--create", "--header", "k=v"] + log)
            #expect(one.status == 0)
            #expect(one.output.hasPrefix("1\ta.b\t"))
            try await append(1..<5, log)
            let text = try await Program.run(["log", "replay"] + log)
            #expect(text.status == 0)
            #expect(text.lines.count == 5)
            #expect(text.lines.first?.contains("  a.b  k=v  {\"n\":0}") == true)
            let some = try await Program.run(["log", "replay", "orders.*", "--from", "4", "--output", "json"] + log)
            let envelopes = try some.lines.map { try Envelope(jsonData: Data($0.utf8)) }
            #expect(envelopes.map(\.subject) == ["orders.3", "orders.4"])
        }
    }

    @Test func `the same lines are kept once`() async throws {
        try await withLog { log in
            try await append(0..<2, log)
            let lines = try await Program.run(["log", "replay", "--output", "json"] + log)
            let again = try await Program.run(["log", "append"] + log, input: lines.output.utf8)
            #expect(again.status == 0)
            #expect(again.lines.allSatisfy { $0.hasSuffix("\tduplicate") })
            #expect(again.lines.count == 2)
        }
    }

    @Test func `a line that is malformed is named, and the rest is appended`() async throws {
        try await withLog { log in
            let input = "\(envelopeLine("a", id: 1))\nxyz\n\(envelopeLine("b.c", id: 2))\n"
            let outcome = try await Program.run(
                ["log", "append", "--create", "--subjects", "b.>"] + log,
                input: input.utf8
            )
            #expect(outcome.status == 65)
            let reports = outcome.errors.split(separator: "\n")
            #expect(reports.count == 2)
            #expect(reports.first?.hasPrefix("standard input:1: invalid subject: ") == true)
            #expect(reports.last?.hasPrefix("standard input:2: malformed envelope: ") == true)
            #expect(outcome.lines.count == 1)
        }
    }

    @Test func `replay follows what is appended until a signal`() async throws {
        try await withLog { log in
            try await append(0..<1, log)
            let replay = try Program(["log", "replay", "--follow"] + log)
            #expect(await replay.readLine()?.contains("orders.0") == true)
            try await append(1..<2, log)
            #expect(await replay.readLine()?.contains("orders.1") == true)
            replay.send(signal: SIGTERM)
            #expect(await replay.outcome().status == 0)
        }
    }

    @Test func `an empty log is replayed at once, and what does not come in time is told`() async throws {
        try await withLog { log in
            try await append(0..<0, log)
            let empty = try await Program.run(["log", "replay"] + log)
            #expect(empty.status == 0)
            #expect(empty.output == "")
            let late = try await Program.run(["log", "replay", "--follow", "--count", "1", "--within", "200ms"] + log)
            #expect(late.status == 1)
        }
    }

    @Test func `a consumer goes on where it was`() async throws {
        try await withLog { log in
            try await append(0..<5, log)
            let first = try await Program.run(["log", "consume", "--name", "work", "--count", "2"] + log)
            #expect(first.status == 0)
            #expect(first.lines.map { $0.contains("orders.0") || $0.contains("orders.1") } == [true, true])
            let rest = try await Program.run(["log", "consume", "--name", "work", "--count", "3"] + log)
            #expect(rest.lines.count == 3)
            #expect(rest.lines.last?.contains("orders.4") == true)
            let info = try await Program.run(["log", "info", "--name", "work"] + log)
            #expect(info.lines.contains("acknowledged\t5"))
            #expect(info.lines.contains("pending\t0"))
            let other = try await Program.run(["log", "consume", "x.>", "--name", "work", "--count", "1"] + log)
            #expect(other.status == 64)
            #expect(other.errors.contains("differs: pattern is"))
        }
    }

    @Test func `info tells how the log is`() async throws {
        try await withLog { log in
            try await append(0..<3, log)
            let info = try await Program.run(["log", "info"] + log)
            #expect(info.status == 0)
            #expect(info.lines.contains("stream\torders"))
            #expect(info.lines.contains("count\t3"))
            #expect(info.lines.contains("last\t3"))
        }
    }

    @Test func `what is wrong has the statuses of the other commands`() async throws {
        try await withLog { log in
            let missing = try await Program.run(["log", "info"] + log)
            #expect(missing.status == 69)
            #expect(missing.errors.contains("stream not found"))
            let kind = try await Program.run(["log", "info", "--stream", "x", "--bus", "memory:"])
            #expect(kind.status == 64)
            #expect(kind.errors.contains("known are nats"))
            #expect(try await Program.run(["log", "info", "--stream", "x"]).status == 64)
            #expect(try await Program.run(["log", "append", "a", "--storage", "file"] + log).status == 64)
            try await append(0..<1, log)
            let differs = try await Program.run(["log", "append", "a", "--create", "--storage", "memory"] + log)
            #expect(differs.status == 64)
            #expect(differs.errors.contains("storage is file and not memory"))
        }
    }
}
