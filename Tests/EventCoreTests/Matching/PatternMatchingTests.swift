import EventCore
import Testing

@Suite struct PatternMatchingTests {
    @Test(
        "matches",
        arguments: [
            ("a", "a"), ("a.b.c", "a.b.c"), ("*", "a"), ("*", "日本"), ("a.*", "a.b"), ("*.b", "a.b"), ("*.*", "a.b"),
            ("a.*.c", "a.long segment.c"), (">", "a"), (">", "a.b.c.d"), ("a.>", "a.b"), ("a.>", "a.b.c"),
            ("*.>", "a.b"), ("a.*.>", "a.b.c.d"), ("caf\u{E9}.>", "caf\u{E9}.x"), ("a.*", "a.\u{301}"),
        ]
    )
    func matches(_ pattern: String, _ subject: String) throws {
        #expect(try Pattern(validating: pattern).matches(Subject(validating: subject)))
    }

    @Test(
        "does not match",
        arguments: [
            ("a", "b"), ("a", "A"), ("a", "ab"), ("ab", "a"), ("a", "a.b"), ("a.b", "a"), ("*", "a.b"), ("*.*", "a"),
            ("*.*", "a.b.c"), ("a.*", "a"), ("a.*", "a.b.c"), ("a.*", "b.b"), ("a.*.c", "a.b.d"), ("a.*.c", "a.c"),
            ("a.>", "a"), ("a.b.>", "a.b"), ("*.>", "a"), ("a.*.>", "a.b"), ("a.>", "ab.c"), ("a.>", "b.c"),
            ("caf\u{E9}", "cafe\u{301}"), ("cafe\u{301}.>", "caf\u{E9}.x"), ("cafe", "cafe\u{301}"), ("é", "É"),
            ("*.b", "a.bc"), ("a.*.c", "a.b.cd"),
        ]
    )
    func differs(_ pattern: String, _ subject: String) throws {
        #expect(try !Pattern(validating: pattern).matches(Subject(validating: subject)))
    }

    @Test("a subject as a pattern matches itself alone", arguments: ["a", "a.b", "日本.é", "caf\u{E9}"])
    func literal(_ text: String) throws {
        let subject = try Subject(validating: text)
        let pattern = Pattern(subject)
        #expect(pattern.rawValue == text)
        #expect(pattern == (try Pattern(validating: text)))
        #expect(pattern.matches(subject))
        #expect(try !pattern.matches(Subject(validating: text + "x")))
        #expect(try !pattern.matches(Subject(validating: text + ".x")))
    }

    @Test func `every short pattern and subject agree with the definition`() throws {
        let subjects = sequences(of: ["a", "b", "ab"], upTo: 4)
        let patterns = sequences(of: ["a", "b", "ab", "*"], upTo: 3).flatMap { [$0, $0 + [">"]] } + [[">"]]
        for segments in patterns {
            let pattern = try Pattern(validating: segments.joined(separator: "."))
            for subjectSegments in subjects {
                let subject = try Subject(segments: subjectSegments)
                let expected = fits(segments[...], subjectSegments[...])
                #expect(pattern.matches(subject) == expected, "\(pattern) on \(subject)")
                if expected { #expect(subject.rawValue.hasPrefix(pattern.literalPrefix), "\(pattern) on \(subject)") }
            }
        }
    }

    /// The definition of matching, segment by segment.
    private func fits(_ pattern: ArraySlice<String>, _ subject: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return subject.isEmpty }
        guard let segment = subject.first else { return false }
        if first == ">" { return true }
        return (first == "*" || first == segment) && fits(pattern.dropFirst(), subject.dropFirst())
    }

    private func sequences(of segments: [String], upTo length: Int) -> [[String]] {
        var longest = segments.map { [$0] }
        var all = longest
        for _ in 1..<length {
            longest = longest.flatMap { sequence in segments.map { sequence + [$0] } }
            all += longest
        }
        return all
    }
}
