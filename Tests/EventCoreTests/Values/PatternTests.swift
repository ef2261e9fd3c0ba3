import EventCore
import Foundation
import Testing

private typealias Pattern = EventCore.Pattern

@Suite struct PatternTests {
    @Test(
        "segments, whole-segment wildcards and a final '>' make a pattern",
        arguments: [
            "a", "a.b.c", "*", ">", "*.*", "*.>", "a.*", "a.>", "*.a", "a.*.c", "a.*.>", "a.*.*.b", "日本.*.é", " .*",
        ]
    )
    func accepts(_ text: String) throws {
        let pattern = try Pattern(validating: text)
        #expect(pattern.rawValue == text)
        #expect(pattern.description == text)
    }

    @Test(
        "refuses what is no pattern and says why",
        arguments: [
            ("", "empty"),
            (".", "leading or trailing dot"),
            (".*", "leading or trailing dot"),
            ("a.>.", "leading or trailing dot"),
            ("a..b", "empty segment at index 1"),
            ("*..>", "empty segment at index 1"),
            ("a.b.c*", "wildcard '*' inside a longer text at segment 2"),
            ("a*", "wildcard '*' inside a longer text at segment 0"),
            ("**", "wildcard '*' inside a longer text at segment 0"),
            ("a.>>", "wildcard '>' inside a longer text at segment 1"),
            ("a.b>", "wildcard '>' inside a longer text at segment 1"),
            ("a.*>", "at segment 1"),
            ("*\u{301}", "wildcard '*' inside a longer text at segment 0"),
            (">.a", "'>' must be the last segment"),
            ("a.>.b", "'>' must be the last segment"),
            (">.>", "'>' must be the last segment"),
            ("a.*.>.*", "'>' must be the last segment"),
        ]
    )
    func refuses(_ text: String, _ fault: String) throws {
        let error = try #require(throws: EventError.self) { try Pattern(validating: text) }
        #expect(error == .invalidPattern(error.fault))
        #expect(error.fault.contains(fault))
    }

    @Test(
        "at most 1024 bytes",
        arguments: [String(repeating: "a", count: 1022) + ".>", String(repeating: "é", count: 512)]
    )
    func fits(_ text: String) throws {
        #expect(text.utf8.count == Subject.maximumUTF8Count)
        #expect(try Pattern(validating: text).rawValue == text)
        let error = try #require(throws: EventError.self) { try Pattern(validating: "a" + text) }
        #expect(error == .invalidPattern(error.fault))
        #expect(error.fault.contains("exceeds 1024 bytes"))
    }

    @Test func `a malformed literal traps`() async {
        await #expect(processExitsWith: .failure) { _ = "a.>.b" as EventCore.Pattern }
        await #expect(processExitsWith: .failure) { _ = "a.b*" as EventCore.Pattern }
    }

    @Test func `texts that Swift calls equal are different patterns`() throws {
        let patterns = [try Pattern(validating: "caf\u{E9}.*"), try Pattern(validating: "cafe\u{301}.*")]
        try #require(patterns[0].rawValue == patterns[1].rawValue)
        #expect(patterns[0] != patterns[1])
        #expect(Set(patterns).count == 2)
        #expect(Set(patterns).contains(try Pattern(validating: "caf\u{E9}.*")))
    }

    @Test("coded as a single string", arguments: ["a", "graph.run.*.start", ">", "caf\u{E9}.*", "cafe\u{301}.>"])
    func codes(_ text: String) throws {
        let pattern = try Pattern(validating: text)
        let json = try JSONEncoder().encode([pattern])
        #expect(try JSONDecoder().decode([String].self, from: json).map { Array($0.utf8) } == [Array(text.utf8)])
        #expect(try JSONDecoder().decode([Pattern].self, from: json) == [pattern])
    }

    @Test("decoding malformed text reports corrupted data", arguments: [("a.>.b", "last segment"), ("", "empty")])
    func refusesToDecode(_ text: String, _ fault: String) throws {
        let json = try JSONEncoder().encode([text])
        let error = try #require(throws: DecodingError.self) { try JSONDecoder().decode([Pattern].self, from: json) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("unexpected \(error)")
            return
        }
        #expect(context.debugDescription.contains(fault))
    }

    @Test(
        "the literal prefix ends where the first wildcard stands",
        arguments: [
            ("graph.run.*.start", "graph.run."), (">", ""), ("*", ""), ("a.>", "a."), ("*.a", ""), ("a.b.c", "a.b.c"),
            ("a.*.>", "a."), ("é.日本.>", "é.日本."), ("a", "a"),
        ]
    )
    func literalPrefix(_ text: String, _ prefix: String) throws {
        #expect(try Pattern(validating: text).literalPrefix == prefix)
    }
}
