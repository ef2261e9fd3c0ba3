import EventCore
import Testing

@Suite struct SubjectSegmentsTests {
    @Test(
        "segments make a subject and come back",
        arguments: [
            ["a"], ["a", "b", "c"], ["graph", "run", "r 1", "start"], ["é", "日本", "\u{0}"], ["a", "\u{301}b"],
            Array(repeating: "a", count: 512),
        ]
    )
    func joins(_ segments: [String]) throws {
        let subject = try Subject(segments: segments)
        #expect(subject.rawValue.utf8.elementsEqual(segments.joined(separator: ".").utf8))
        #expect(subject.segments.map { Array($0.utf8) } == segments.map { Array($0.utf8) })
    }

    @Test(
        "a segment cannot add another one or match several",
        arguments: [
            ([], "empty"),
            ([""], "empty segment at index 0"),
            (["a", "", "b"], "empty segment at index 1"),
            (["a", "b", ""], "empty segment at index 2"),
            (["a", "b.c"], "segment 1"),
            (["."], "segment 0"),
            (["a", ".b"], "segment 1"),
            (["a", "b."], "segment 1"),
            (["a", ".\u{301}"], "segment 1"),
            (["a", "*"], "wildcard '*' at segment 1"),
            (["a", ">"], "wildcard '>' at segment 1"),
            (["a", "b", "x*y"], "wildcard '*' at segment 2"),
            (["a>", "b"], "wildcard '>' at segment 0"),
            ([String(repeating: "a", count: 1000), String(repeating: "b", count: 24)], "exceeds 1024 bytes"),
        ] as [([String], String)]
    )
    func refuses(_ segments: [String], _ fault: String) throws {
        let error = try #require(throws: EventError.self) { try Subject(segments: segments) }
        #expect(error == .invalidSubject(error.fault))
        #expect(error.fault.contains(fault))
    }

    @Test func `the segments of a literal`() {
        #expect(("a" as Subject).segments == ["a"])
        #expect(("graph.run.r1.start" as Subject).segments == ["graph", "run", "r1", "start"])
    }
}
