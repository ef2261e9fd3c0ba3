import Foundation
import ProcessSupport
import Testing

@Suite struct RouteErrorTests {
    @Test func `a malformed line is named, and the rest goes on`() async throws {
        let input = "\(envelopeLine("a", id: 1))\n\n{\"id\":\"2\",}\n\(envelopeLine("a", id: 3))\nxyz"
        let outcome = try await Program.run(["route"], input: input.utf8)
        #expect(outcome.status == 65)
        #expect(outcome.printedIDs == [">": [1, 3]])
        #expect(outcome.table == [">": Counts(matched: 2, delivered: 2, dropped: 0)])

        let reports = outcome.errors.split(separator: "\n").prefix(2)
        #expect(reports.first?.hasPrefix("standard input:3: malformed envelope: ") == true)
        #expect(reports.first?.hasSuffix(" at byte 10") == true)
        #expect(reports.last?.hasPrefix("standard input:5: malformed envelope: ") == true)
        #expect(reports.last?.hasSuffix(" at byte 0") == true)
    }

    @Test func `a malformed line of a file carries its name`() async throws {
        try await withTemporaryFile(Data("{}\n".utf8)) { path in
            let outcome = try await Program.run(["route", path])
            #expect(outcome.status == 65)
            #expect(outcome.errors.hasPrefix("\(path):1: malformed envelope: "))
        }
    }

    @Test(arguments: [[0xFF, 0xFE], [0x00], [0x22, 0xC3, 0x22], [0x1B, 0x5B]] as [[UInt8]])
    func `bytes that are no text are a malformed line`(bytes: [UInt8]) async throws {
        let valid = Data("\n\(envelopeLine("a", id: 7))\n".utf8)
        let outcome = try await Program.run(["route"], input: Data(bytes) + valid)
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("standard input:1: "))
        #expect(outcome.printedIDs == [">": [7]])
    }

    @Test(
        arguments: [
            (["--subscribe", "a..b"], "empty segment at index 1"), (["--subscribe", ""], "empty"),
            (["--subscribe", "a.>.b"], "must be the last segment"),
            (["--header", "run_id"], "no '='"), (["--header", "=x"], "KEY is empty"),
            (["--buffer", "0"], "from 1 to 1048576"), (["--buffer", "1048577"], "from 1 to 1048576"),
            (["--backpressure", "drop"], "drop_newest"), (["--output", "xml"], "json"), (["a", "b"], "b"),
        ]
    )
    func `a usage error says what is wrong`(arguments: [String], reason: String) async throws {
        let outcome = try await Program.run(["route"] + arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("Error: "))
        #expect(outcome.errors.contains(reason))
    }

    @Test func `a file that is not there is named`() async throws {
        let outcome = try await Program.run(["route", "no/such/file.jsonl"])
        #expect(outcome.status == 66)
        #expect(outcome.output == "")
        #expect(outcome.errors == "Error: no/such/file.jsonl: No such file or directory\n")
    }

    @Test func `a file that cannot be read is named`() async throws {
        let directory = FileManager.default.temporaryDirectory.path
        let outcome = try await Program.run(["route", directory])
        #expect(outcome.status == 74)
        #expect(outcome.errors.hasPrefix("\(directory): Is a directory\n"))
    }

    #if os(Linux)
    @Test func `output that cannot be written is an error`() async throws {
        let outcome = try await Program.run(
            ["route"],
            input: envelopeLine("a", id: 1).utf8,
            outputTo: FileHandle(forWritingAtPath: "/dev/full")
        )
        #expect(outcome.status == 74)
        #expect(outcome.errors.hasPrefix("standard output: No space left on device\n"))
        let row = outcome.errors.split(separator: "\n").last?.split(separator: " ").map(String.init)
        #expect(row == [">", "1", "0", "0"], "what was not written is not delivered")
    }
    #endif
}
