import EventCore
import Testing

@Suite struct SubjectTests {
    @Test(
        "any text without wildcards and empty segments is a subject",
        arguments: [
            "a", "a.b.c", "GRAPH.Run.R1", " ", "a b.\t", "\u{0}.\u{7F}", "é.日本.😀", "a.\u{301}b", "-", "a/b", "\"q\"",
            "\\",
            "\u{FEFF}", "a\u{FF0E}b", "a\u{FF0A}", "a\u{203A}",
        ]
    )
    func accepts(_ text: String) throws {
        let subject = try Subject(validating: text)
        #expect(subject.rawValue.utf8.elementsEqual(text.utf8))
        #expect(subject.description.utf8.elementsEqual(text.printable.utf8))
    }

    @Test(
        "refuses what is no subject and says why",
        arguments: [
            ("", "empty"),
            (".", "leading or trailing dot"),
            ("..", "leading or trailing dot"),
            (".a", "leading or trailing dot"),
            ("a.", "leading or trailing dot"),
            ("a.b..", "leading or trailing dot"),
            ("a..b", "empty segment at index 1"),
            ("a.b...c", "empty segment at index 2"),
            ("*", "wildcard '*' at segment 0"),
            (">", "wildcard '>' at segment 0"),
            ("a.b.*", "wildcard '*' at segment 2"),
            ("a.b.>", "wildcard '>' at segment 2"),
            ("a.*.c", "wildcard '*' at segment 1"),
            ("a.b*", "wildcard '*' at segment 1"),
            ("a.b.x>y.d", "wildcard '>' at segment 2"),
            ("日本.é.a*", "wildcard '*' at segment 2"),
            ("*..a", "wildcard '*' at segment 0"),
        ]
    )
    func refuses(_ text: String, _ fault: String) throws {
        let error = try #require(throws: EventError.self) { try Subject(validating: text) }
        #expect(error == .invalidSubject(error.fault))
        #expect(error.fault.contains(fault))
        #expect(error.description.contains(fault))
    }

    @Test(
        "at most 1024 bytes",
        arguments: [
            String(repeating: "a", count: 1024), String(repeating: "é", count: 512),
            String(repeating: "日", count: 341) + "a", String(repeating: "a.", count: 511) + "ab",
            String(repeating: "😀", count: 256),
        ]
    )
    func fits(_ text: String) throws {
        #expect(text.utf8.count == Subject.maximumUTF8Count)
        #expect(try Subject(validating: text).rawValue == text)
        let error = try #require(throws: EventError.self) { try Subject(validating: text + "a") }
        #expect(error == .invalidSubject(error.fault))
        #expect(error.fault.contains("exceeds 1024 bytes"))
    }

    @Test(
        "counts bytes, not characters",
        arguments: [
            String(repeating: "é", count: 513), String(repeating: "日", count: 340) + "日本",
            String(repeating: "a", count: 1023) + "é", "e" + String(repeating: "\u{301}", count: 512),
        ]
    )
    func exceeds(_ text: String) throws {
        #expect(text.count <= 1024)
        let error = try #require(throws: EventError.self) { try Subject(validating: text) }
        #expect(error.fault.contains("exceeds 1024 bytes"))
    }

    @Test func `a literal is a subject`() {
        let subject: Subject = "graph.run.r1.start"
        #expect(subject.rawValue == "graph.run.r1.start")
    }

    @Test func `a malformed literal traps`() async {
        await #expect(processExitsWith: .failure) { _ = "a..b" as Subject }
        await #expect(processExitsWith: .failure) { _ = "a.*" as Subject }
        await #expect(processExitsWith: .failure) { _ = "" as Subject }
    }
}
