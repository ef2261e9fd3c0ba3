import Foundation
import ProcessSupport
import Testing

@Suite struct RouteBackpressureTests {
    private static let count = 5000
    private static let patterns = [">", "a.*", "b.>", "c.>"]

    private func run(_ arguments: String...) async throws -> Program.Outcome {
        let subscriptions = Self.patterns.flatMap { ["--subscribe", $0] }
        return try await Program.run(["route"] + subscriptions + arguments, input: alternatingLines(Self.count))
    }

    private var matching: [String: [Int]] {
        let all = Array(0..<Self.count)
        return [">": all, "a.*": all.filter { $0 % 2 == 0 }, "b.>": all.filter { $0 % 2 == 1 }, "c.>": []]
    }

    @Test(arguments: ["1", "64"])
    func `block loses nothing and keeps the order`(buffer: String) async throws {
        let outcome = try await run("--backpressure", "block", "--buffer", buffer)
        #expect(outcome.status == 0)
        #expect(outcome.printedIDs == matching.filter { !$0.value.isEmpty })
        #expect(
            outcome.table == matching.mapValues { Counts(matched: $0.count, delivered: $0.count, dropped: 0) }
        )
    }

    @Test func `block is the default`() async throws {
        let outcome = try await run("--buffer", "1")
        #expect(outcome.printedIDs == matching.filter { !$0.value.isEmpty })
    }

    @Test(arguments: ["drop_newest", "drop_oldest"])
    func `what matched was either delivered or dropped`(policy: String) async throws {
        let outcome = try await run("--backpressure", policy, "--buffer", "1")
        #expect(outcome.status == 0)
        for (pattern, ids) in matching {
            let counts = try #require(outcome.table[pattern])
            let printed = outcome.printedIDs[pattern, default: []]
            #expect(counts.matched == ids.count)
            #expect(counts.delivered == printed.count)
            #expect(counts.delivered + counts.dropped == counts.matched)
            #expect(printed == printed.sorted())
            #expect(Set(printed).isSubset(of: ids))
        }
    }

    @Test func `drop_oldest keeps the last envelope`() async throws {
        let outcome = try await run("--backpressure", "drop_oldest", "--buffer", "1")
        #expect(outcome.printedIDs[">"]?.last == Self.count - 1)
    }
}
