import EventCore
import Foundation
import ProcessSupport
import Testing

@Suite struct RouteOutputTests {
    private static let run = envelopeLine("graph.run.r1.start", id: 1, headers: ["run_id": "r1", "tenant": "acme"])
    private static let board = envelopeLine("kanban.board.b1.update", id: 2, headers: ["tenant": "acme"])
    private static let input = "\(run)\n\(board)\n".utf8

    @Test func `text shows every delivery and a table ends it`() async throws {
        let arguments = ["route", "--subscribe", "graph.>", "--subscribe", "kanban.*.*.update"]
        let outcome = try await Program.run(arguments, input: Self.input)
        #expect(outcome.status == 0)
        #expect(
            outcome.lines.sorted() == [
                "graph.>            2026-04-27T10:11:12.123456789Z  graph.run.r1.start  run_id=r1 tenant=acme  {\"n\":1}",
                "kanban.*.*.update  2026-04-27T10:11:12.123456789Z  kanban.board.b1.update  tenant=acme  {\"n\":2}",
            ]
        )
        #expect(
            outcome.errors == """
                pattern            matched  delivered  dropped
                graph.>                  1          1        0
                kanban.*.*.update        1          1        0

                """
        )
    }

    @Test func `json holds the pattern before the envelope as it came`() async throws {
        let outcome = try await Program.run(["route", "--output", "json"], input: Self.input)
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                {"pattern":">",\(Self.run.dropFirst())
                {"pattern":">",\(Self.board.dropFirst())

                """
        )
    }

    @Test func `without a subscription everything is printed`() async throws {
        let outcome = try await Program.run(["route"], input: Self.input)
        #expect(outcome.printedIDs == [">": [1, 2]])
        #expect(outcome.table == [">": Counts(matched: 2, delivered: 2, dropped: 0)])
    }

    @Test func `a file is read like standard input`() async throws {
        try await withTemporaryFile(Data(Self.input)) { path in
            let file = try await Program.run(["route", path])
            let standardInput = try await Program.run(["route", "-"], input: Self.input)
            #expect(file.status == 0)
            #expect(file.output == standardInput.output)
            #expect(file.errors == standardInput.errors)
        }
    }

    @Test(
        arguments: [
            (["tenant=acme"], [1, 2]), (["tenant=acme", "run_id=r1"], [1]), (["tenant=ac"], []), (["run_id="], []),
        ]
    )
    func `every header asked for must be there`(headers: [String], ids: [Int]) async throws {
        let outcome = try await Program.run(["route"] + headers.flatMap { ["--header", $0] }, input: Self.input)
        #expect(outcome.printedIDs[">", default: []] == ids)
        #expect(outcome.table == [">": Counts(matched: ids.count, delivered: ids.count, dropped: 0)])
    }

    @Test(
        arguments: [
            "\(run)\r\n\(board)\r\n", "\(run)\n\(board)", "\(run)\r\n\(board)\r", "\n\n\(run)\n \t\n\r\n\(board)\n\n",
        ]
    )
    func `line ends and blank lines make no difference`(input: String) async throws {
        let outcome = try await Program.run(["route"], input: input.utf8)
        #expect(outcome.status == 0)
        #expect(outcome.printedIDs == [">": [1, 2]])
    }

    @Test func `empty input gives an empty table`() async throws {
        let outcome = try await Program.run(["route"])
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        #expect(outcome.table == [">": Counts(matched: 0, delivered: 0, dropped: 0)])
    }

    @Test(arguments: [["--help"], ["route", "--help"]])
    func `help is there`(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: eventbus"))
    }
}
