import EventCore
import Testing

@testable import EventMemory

@Suite struct RouteCacheTests {
    /// A cache and what it asks whether subscriptions have changed.
    private struct Fixture<Route: Sendable> {
        let changes = ChangeCounters()
        var cache: RouteCache<Route>

        init(capacity: Int) {
            cache = RouteCache(capacity: capacity, changes: changes)
        }

        mutating func insert(_ route: Route, for subject: Subject) {
            cache.insert(route, for: subject, on: cache.basis(for: subject))
        }

        mutating func route(of subject: Subject) -> Route? {
            // A subject that is found by its text in memory is found by its bytes as well.
            if let index = cache.find(subject.identity) { #expect(cache.find(subject) == index) }
            return cache.find(subject).flatMap { cache[$0] }
        }
    }

    @Test func `what was inserted is found, and nothing else`() {
        var routes = Fixture<Int>(capacity: 8)
        #expect(routes.route(of: "a.b") == nil)
        routes.insert(1, for: "a.b")
        #expect(routes.route(of: "a.b") == 1)
        #expect(routes.route(of: "a.c") == nil)
        routes.insert(2, for: "a.b")
        #expect(routes.route(of: "a.b") == 2)
        #expect(routes.cache.count == 1)
    }

    @Test func `a subject is found by its bytes, wherever they lie`() throws {
        var routes = Fixture<Int>(capacity: 8)
        let text = "a subject that is longer than fifteen bytes"
        let subject = try Subject(validating: text)
        let twin = try Subject(validating: String(decoding: Array(text.utf8), as: UTF8.self))
        routes.insert(1, for: subject)
        #expect(routes.cache.find(subject.identity) != nil)
        #expect(routes.cache.find(twin.identity) == nil)
        #expect(routes.route(of: twin) == 1)
        #expect(routes.cache.find(Subject("other").identity) == nil)
    }

    @Test(
        "a change forgets the subjects it may concern",
        arguments: [
            ">", "*", "*.run.r1.start", "graph.>", "graph.*", "graph.run.>", "graph.*.r1.>", "graph.run.r1.>",
            "graph.run.r1.start", "graph.run.r1.*",
        ]
    )
    func forgets(_ pattern: String) throws {
        var routes = Fixture<Int>(capacity: 8)
        routes.insert(1, for: "graph.run.r1.start")
        routes.changes.record(try Pattern(validating: pattern))
        #expect(routes.route(of: "graph.run.r1.start") == nil)
    }

    @Test("a change that concerns no short subject's prefix is no trouble", arguments: ["a", "a.b", "a.b.c"])
    func short(_ subject: String) throws {
        let subject = try Subject(validating: subject)
        var routes = Fixture<Int>(capacity: 8)
        routes.insert(1, for: subject)
        routes.changes.record(Pattern(subject))
        #expect(routes.route(of: subject) == nil)
    }

    @Test func `a change elsewhere leaves nearly all routes alone`() throws {
        let subjects = try (0..<200).map { try Subject(validating: "graph.run.r\($0).start") }
        // Counters are shared, so one pattern may by chance concern all of the subjects; not each of several.
        let kept = try (0..<8).map { other in
            var routes = Fixture<Int>(capacity: 1024)
            for (number, subject) in subjects.enumerated() { routes.insert(number, for: subject) }
            routes.changes.record(try Pattern(validating: "graph.run.other\(other).>"))
            return subjects.indices.count { routes.route(of: subjects[$0]) == $0 }
        }
        #expect(kept.max() ?? 0 > 180)
    }

    @Test("never holds more than its capacity", arguments: [1, 2, 3, 4, 5, 7, 64, 100, 1024])
    func bounded(_ capacity: Int) throws {
        var routes = Fixture<Int>(capacity: capacity)
        for number in 0..<capacity * 4 {
            let subject = try Subject(validating: "subject.\(number)")
            routes.insert(number, for: subject)
            #expect(routes.route(of: subject) == number)
            #expect(routes.cache.count <= capacity)
        }
        #expect(routes.cache.count > capacity / 4)
    }

    @Test func `the places of a full cache are used again in turn`() throws {
        var routes = Fixture<Int>(capacity: 4)
        let subjects = try (0..<12).map { try Subject(validating: "subject.\($0)") }
        for (number, subject) in subjects.enumerated() { routes.insert(number, for: subject) }
        #expect(subjects.suffix(4).map { routes.route(of: $0) } == [8, 9, 10, 11])
    }

    @Test func `stale routes are purged, and good ones are not`() {
        final class Route: Sendable {}
        var routes = Fixture<Route>(capacity: 1024)
        var route: Route? = Route()
        weak let released = route
        if let route { routes.insert(route, for: "a.b") }
        route = nil
        #expect(released != nil)
        routes.cache.purge()
        #expect(released != nil)
        routes.changes.record("a.>")
        routes.cache.purge()
        #expect(released == nil)
        #expect(routes.cache.count == 0)
    }

    @Test func `a route made before a change was counted is not good after it`() {
        var routes = Fixture<Int>(capacity: 8)
        let basis = routes.cache.basis(for: "a.b")
        routes.changes.record("a.>")
        routes.cache.insert(1, for: "a.b", on: basis)
        #expect(routes.route(of: "a.b") == nil)
    }

    @Test func `keeps what it knows when it grows`() throws {
        var routes = Fixture<Int>(capacity: 1 << 20)
        let subjects = try (0..<1000).map { try Subject(validating: "subject.\($0)") }
        for (number, subject) in subjects.enumerated() { routes.insert(number, for: subject) }
        #expect(subjects.indices.allSatisfy { routes.route(of: subjects[$0]) == $0 })
    }

    @Test func `agrees with a table that is never out of date`() throws {
        var routes = Fixture<Int>(capacity: 16)
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
                routes.changes.record(pattern)
            }
            guard let subject = subjects.randomElement() else { continue }
            let expected = index.matches(of: subject).count
            if let route = routes.route(of: subject) {
                #expect(route == expected, "\(subject)")
            } else {
                routes.insert(expected, for: subject)
            }
        }
    }
}
