import Testing

@testable import EventCore

/// Compares the index with ``Pattern/matches(_:)`` on random patterns and subjects, while patterns come and go.
@Suite struct PatternIndexRandomTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        /// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators").
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let words = ["a", "b", "c", "ab", "A", "\u{E9}", "e\u{301}", "graph-run-of-more-than-fifteen-bytes"]

    @Test func `agrees with matching one by one on a million random pairs of a pattern set and a subject`() async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        var generator = Generator(state: seed)
        var pairs = 0
        while pairs < 1_000_000 {
            await Task.yield()  // Tests beside this one wait for events with deadlines.
            var index = PatternIndex<Int>()
            var patterns: [Int: Pattern] = [:]
            for element in 0..<Int.random(in: 1...12, using: &generator) {
                let pattern = try randomPattern(&generator)
                patterns[element] = pattern
                index.insert(element, for: pattern)
            }
            for element in patterns.keys.sorted() where Int.random(in: 0..<3, using: &generator) == 0 {
                guard let pattern = patterns.removeValue(forKey: element) else { continue }
                #expect(index.remove(element, for: pattern) == true, "seed \(seed)")
            }
            for _ in 0..<500 {
                let subject = try randomSubject(&generator)
                let expected = patterns.filter { $0.value.matches(subject) }.keys.sorted()
                let found = index.matches(of: subject).sorted()
                if found != expected { Issue.record("seed \(seed): \(subject) found \(found), expected \(expected)") }
                pairs += 1
            }
        }
    }

    private func randomSubject(_ generator: inout Generator) throws -> Subject {
        let count = Int.random(in: 1...5, using: &generator)
        return try Subject(segments: (0..<count).compactMap { _ in Self.words.randomElement(using: &generator) })
    }

    private func randomPattern(_ generator: inout Generator) throws -> Pattern {
        var segments = (0..<Int.random(in: 1...5, using: &generator)).compactMap { _ in
            (Self.words + ["*", "*", "*"]).randomElement(using: &generator)
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { segments.append(">") }
        return try Pattern(validating: segments.joined(separator: "."))
    }
}
