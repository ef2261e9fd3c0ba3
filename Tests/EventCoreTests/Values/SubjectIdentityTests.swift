import EventCore
import Foundation
import Testing

/// Equality, hashing, order and coding.
@Suite struct SubjectIdentityTests {
    private let composed = "caf\u{E9}"
    private let decomposed = "cafe\u{301}"

    @Test func `texts that Swift calls equal are different subjects`() throws {
        try #require(composed == decomposed)
        let subjects = [try Subject(validating: composed), try Subject(validating: decomposed)]
        #expect(subjects[0] != subjects[1])
        #expect(Set(subjects).count == 2)
        #expect(Set(subjects).contains(try Subject(validating: composed)))
        #expect([subjects[0]: 1][subjects[1]] == nil)
    }

    @Test func `case matters`() {
        #expect("a.B" as Subject != "a.b")
        #expect(Set(["a.B", "a.b", "A.b"] as [Subject]).count == 3)
    }

    @Test("equal bytes make equal subjects with equal hashes", arguments: ["a", "a.b", "graph.run.r1", "日本.é.😀"])
    func equal(_ text: String) throws {
        let subject = try Subject(validating: text)
        let other = try Subject(segments: text.split(separator: ".").map(String.init))
        #expect(subject == other)
        #expect(subject.hashValue == other.hashValue)
        #expect(Set([subject, other]).count == 1)
    }

    @Test func `subjects and patterns sort by bytes`() throws {
        let texts = [
            "\u{0}", " ", "-", "A", "Z", "a", "a-b", "a.a", "a.b", "a/b", "a0", "aa", "cafe\u{301}", "caf\u{E9}", "z",
            "é",
            "日", "\u{FFFD}", "😀",
        ]
        let subjects = try texts.map { try Subject(validating: $0) }
        #expect(subjects.reversed().sorted().map { Array($0.rawValue.utf8) } == texts.map { Array($0.utf8) })
        let patterns = subjects.map { Pattern($0) }
        #expect(patterns.reversed().sorted().map { Array($0.rawValue.utf8) } == texts.map { Array($0.utf8) })
        for (index, subject) in subjects.enumerated() {
            #expect(subjects.filter { $0 < subject }.count == index)
            #expect(patterns.filter { $0 < Pattern(subject) }.count == index)
        }
    }

    @Test("coded as a single string", arguments: ["a", "graph.run.r1", "日本.é", "q\"\\", "cafe\u{301}.caf\u{E9}"])
    func codes(_ text: String) throws {
        let subject = try Subject(validating: text)
        let json = try JSONEncoder().encode([subject])
        #expect(try JSONDecoder().decode([String].self, from: json).map { Array($0.utf8) } == [Array(text.utf8)])
        #expect(try JSONDecoder().decode([Subject].self, from: json) == [subject])
    }

    @Test(
        "decoding malformed text reports corrupted data, the fault and where it is",
        arguments: [
            ("", "empty"), ("a..b", "empty segment at index 1"), ("a.*", "wildcard '*' at segment 1"),
            (".a", "leading or trailing dot"), (String(repeating: "a", count: 1025), "exceeds 1024 bytes"),
        ]
    )
    func refuses(_ text: String, _ fault: String) throws {
        let json = try JSONEncoder().encode(["key": text])
        let error = try #require(throws: DecodingError.self) {
            try JSONDecoder().decode([String: Subject].self, from: json)
        }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("unexpected \(error)")
            return
        }
        #expect(context.debugDescription.contains(fault))
        #expect(context.codingPath.map(\.stringValue) == ["key"])
    }

    @Test("decoding needs a string", arguments: ["[5]", "[{}]", "[[]]", "[true]"])
    func needsString(_ json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Subject].self, from: Data(json.utf8)) }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([EventCore.Pattern].self, from: Data(json.utf8))
        }
    }
}
