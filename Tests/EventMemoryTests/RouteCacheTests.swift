import EventCore
import Testing

@testable import EventMemory

@Suite struct RouteCacheTests {
    @Test func `what was inserted is found, and nothing else`() {
        var cache = RouteCache<Int>(capacity: 8)
        #expect(cache.route(of: "a.b") == nil)
        cache.insert(1, for: "a.b")
        #expect(cache.route(of: "a.b") == 1)
        #expect(cache.route(of: "a.c") == nil)
        cache.insert(2, for: "a.b")
        #expect(cache.route(of: "a.b") == 2)
        #expect(cache.count == 1)
    }

    @Test(
        "a change forgets the subjects it may concern",
        arguments: [
            ">", "*", "*.run.r1.start", "graph.>", "graph.*", "graph.run.>", "graph.*.r1.>", "graph.run.r1.>",
            "graph.run.r1.start", "graph.run.r1.*",
        ]
    )
    func forgets(_ pattern: String) throws {
        var cache = RouteCache<Int>(capacity: 8)
        cache.insert(1, for: "graph.run.r1.start")
        cache.subscriptionsChanged(for: try Pattern(validating: pattern))
        #expect(cache.route(of: "graph.run.r1.start") == nil)
    }

    @Test("a change that concerns no short subject's prefix is no trouble", arguments: ["a", "a.b", "a.b.c"])
    func short(_ subject: String) throws {
        let subject = try Subject(validating: subject)
        var cache = RouteCache<Int>(capacity: 8)
        cache.insert(1, for: subject)
        cache.subscriptionsChanged(for: Pattern(subject))
        #expect(cache.route(of: subject) == nil)
    }

    @Test func `a change elsewhere leaves nearly all routes alone`() throws {
        let subjects = try (0..<200).map { try Subject(validating: "graph.run.r\($0).start") }
        // Counters are shared, so one pattern may by chance concern all of the subjects; not each of several.
        let kept = try (0..<8).map { other in
            var cache = RouteCache<Int>(capacity: 1024)
            for (number, subject) in subjects.enumerated() { cache.insert(number, for: subject) }
            cache.subscriptionsChanged(for: try Pattern(validating: "graph.run.other\(other).>"))
            return subjects.indices.count { cache.route(of: subjects[$0]) == $0 }
        }
        #expect(kept.max() ?? 0 > 180)
    }

    @Test("never holds more than its capacity", arguments: [1, 2, 3, 4, 5, 7, 64, 100, 1024])
    func bounded(_ capacity: Int) throws {
        var cache = RouteCache<Int>(capacity: capacity)
        for number in 0..<capacity * 4 {
            let subject = try Subject(validating: "subject.\(number)")
            cache.insert(number, for: subject)
            #expect(cache.route(of: subject) == number)
            #expect(cache.count <= capacity)
        }
        #expect(cache.count > capacity / 4)
    }

    @Test func `stale routes do not live long`() {
        final class Route: Sendable {}
        var cache = RouteCache<Route>(capacity: 1024)
        var route: Route? = Route()
        weak let released = route
        if let route { cache.insert(route, for: "a.b") }
        route = nil
        #expect(released != nil)
        for _ in 0..<64 { cache.subscriptionsChanged(for: "a.>") }
        #expect(released == nil)
        #expect(cache.count == 0)
    }

    @Test func `agrees with a table that is never out of date`() throws {
        var cache = RouteCache<Int>(capacity: 16)
        var index = PatternIndex<Int>()
        let words = ["a", "b", "c"]
        let patterns = try words.flatMap { first in
            try (words + ["*"]).flatMap { second in
                try ["\(first).\(second)", "\(first).\(second).>", "*.\(second)", "\(first).\(second).x.y"].map {
                    try Pattern(validating: $0)
                }
            }
        }
        let subjects = try words.flatMap { first in
            try words.flatMap { second in
                try ["\(first).\(second)", "\(first).\(second).x", "\(first).\(second).x.y", first].map {
                    try Subject(validating: $0)
                }
            }
        }
        for round in 0..<20_000 {
            if let pattern = patterns.randomElement(), round % 5 == 0 {
                if index.insert(1, for: pattern) == false { index.remove(1, for: pattern) }
                cache.subscriptionsChanged(for: pattern)
            }
            guard let subject = subjects.randomElement() else { continue }
            let expected = index.matches(of: subject).count
            if let route = cache.route(of: subject) {
                #expect(route == expected, "\(subject)")
            } else {
                cache.insert(expected, for: subject)
            }
        }
    }
}
