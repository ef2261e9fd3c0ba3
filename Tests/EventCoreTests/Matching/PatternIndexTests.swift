import Testing

@testable import EventCore

@Suite struct PatternIndexTests {
    private func index(_ patterns: [String]) throws -> PatternIndex<String> {
        var index = PatternIndex<String>()
        for pattern in patterns { index.insert(pattern, for: try Pattern(validating: pattern)) }
        return index
    }

    @Test(
        "finds exactly the patterns that match",
        arguments: [
            ("a.b.c", ["a.b.c", "a.b.*", "a.*.c", "*.b.c", "*.*.*", "a.>", "a.b.>", ">", "*.>"]),
            ("a", ["a", "*", ">"]),
            ("a.b", ["a.>", ">", "*.>", "*.*"]),
            ("A.b.c", ["*.b.c", "*.*.*", ">", "*.>"]),
            ("x.y.z.w", [">", "*.>"]),
        ]
    )
    func finds(_ subject: String, _ expected: [String]) throws {
        let all = [
            "a", "a.b.c", "a.b.*", "a.*.c", "*.b.c", "*.*.*", "a.>", "a.b.>", ">", "*.>", "*", "*.*", "a.b.c.>",
            "a.b.c.d",
        ]
        let found = try index(all).matches(of: Subject(validating: subject))
        #expect(found.sorted() == expected.sorted())
    }

    @Test func `of patterns that mix a literal and a wildcard in every way, each is found once`() throws {
        let depth = 12
        var index = PatternIndex<Int>()
        for number in 0..<1 << depth {
            let segments = (0..<depth).map { number >> $0 & 1 == 0 ? "a" : "*" }
            index.insert(number, for: try Pattern(validating: segments.joined(separator: ".")))
        }
        let subject = try Subject(segments: Array(repeating: "a", count: depth))
        #expect(index.matches(of: subject).sorted() == Array(0..<1 << depth))
        let other = try Subject(segments: Array(repeating: "b", count: depth))
        #expect(index.matches(of: other) == [(1 << depth) - 1])
    }

    @Test func `an element counts once for each pattern, and inserting it again changes nothing`() {
        var index = PatternIndex<Int>()
        #expect(index.insert(1, for: "a.*") == true)
        #expect(index.insert(1, for: "a.*") == false)
        #expect(index.insert(1, for: "a.>") == true)
        #expect(index.insert(2, for: "a.*") == true)
        #expect(index.count == 3)
        #expect(index.matches(of: "a.b").sorted() == [1, 1, 2])
    }

    @Test func `removing what is not there changes nothing`() {
        var index = PatternIndex<Int>()
        index.insert(1, for: "a.b")
        for pattern in ["a", "a.*", "a.>", "b", "a.b.c", ">", "*"] as [Pattern] {
            #expect(index.remove(1, for: pattern) == false)
        }
        #expect(index.remove(2, for: "a.b") == false)
        #expect(index.matches(of: "a.b") == [1])
    }

    @Test func `segments compare byte for byte`() throws {
        var index = PatternIndex<Int>()
        index.insert(1, for: try Pattern(validating: "caf\u{E9}.x"))
        #expect(index.matches(of: try Subject(validating: "cafe\u{301}.x")) == [])
        #expect(index.matches(of: try Subject(validating: "caf\u{E9}.x")) == [1])
    }

    @Test func `a copy does not change with the original`() {
        var index = PatternIndex<Int>()
        index.insert(1, for: "a.>")
        let copy = index
        index.remove(1, for: "a.>")
        #expect(index.matches(of: "a.b") == [])
        #expect(copy.matches(of: "a.b") == [1])
    }

    @Test func `nodes that nothing needs any more are pruned`() throws {
        var trie = PatternTrie()
        let keep = trie.insert("a.b")
        let before = trie.nodeCount
        var slots: [Int] = []
        for i in 0..<1000 { slots.append(trie.insert(try Pattern(validating: "a.*.r\(i).x.>"))) }
        #expect(trie.nodeCount > before + 2000)
        for slot in slots.shuffled() { trie.remove(slot: slot) }
        #expect(trie.nodeCount == before)
        #expect(trie.slot(of: "a.b") == keep)
    }

    @Test func `elements that come and go for ever leave no trace`() throws {
        var index = PatternIndex<Int>()
        index.insert(-1, for: "keep.>")
        for i in 0..<20_000 {
            let pattern = try Pattern(validating: "graph.run.r\(i).>")
            index.insert(i, for: pattern)
            #expect(index.remove(i, for: pattern) == true)
        }
        #expect(index.trie.nodeCount == 2)
        #expect(index.elements.count < 20)
    }
}
