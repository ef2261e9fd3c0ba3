import EventCore
import Testing

@testable import EventMemory

@Suite struct RouteIndexTests {
    private func makeMailbox(_ pattern: EventCore.Pattern) -> Mailbox {
        Mailbox(id: SubscriptionID(rawValue: "s1"), pattern: pattern, capacity: 1, policy: .dropNewest)
    }

    private func mailboxes(of route: Route) -> [Mailbox] {
        var mailboxes: [Mailbox] = []
        route.withWishes { mailbox, _ in mailboxes.append(mailbox) }
        return mailboxes
    }

    // MARK: What a route holds

    @Test("a route holds the mailboxes that match, however many a pattern has", arguments: 0..<10)
    func agrees(_ turn: Int) throws {
        var index = RouteIndex()
        var present: Set<Mailbox> = []
        let patterns: [EventCore.Pattern] = [">", "a.>", "a.*", "*.b", "a.b", "c"]
        let subjects: [Subject] = ["a.b", "a.c", "c", "c.b", "a.b.c"]
        for _ in 0..<600 {
            // More often one that comes, so that patterns get more mailboxes than a route has of its own.
            if present.isEmpty || Int.random(in: 0..<3) > 0 {
                let pattern = patterns[Int.random(in: 0..<2) * Int.random(in: 0..<6)]
                let mailbox = makeMailbox(pattern)
                present.insert(mailbox)
                _ = index.insert(mailbox)
            } else if let mailbox = present.randomElement() {
                present.remove(mailbox)
                _ = index.remove(mailbox)
            }
            for subject in subjects {
                let route = index.route(of: subject)
                let held = mailboxes(of: route)
                let expected = present.filter { $0.pattern.matches(subject) }
                #expect(held.count == expected.count && Set(held) == expected)
                #expect(route.count == held.count && route.isEmpty == held.isEmpty)
            }
        }
        #expect(Set(index.mailboxes) == present)
        for mailbox in present { _ = index.remove(mailbox) }
        #expect(subjects.allSatisfy { index.route(of: $0).isEmpty })
    }

    // MARK: What routes share

    @Test func `subjects that only one pattern matches have one route, if it has many mailboxes`() throws {
        var index = RouteIndex()
        for _ in 0..<5000 { _ = index.insert(makeMailbox(">")) }
        let subjects = try (0..<1024).map { try Subject(validating: "graph.run.r\($0)") }
        let routes = Set(subjects.map { ObjectIdentifier(index.route(of: $0)) })
        #expect(routes.count == 1)
    }

    @Test func `routes of subjects with listeners of their own have the large part in common`() throws {
        var index = RouteIndex()
        for _ in 0..<100 { _ = index.insert(makeMailbox(">")) }
        for _ in 0..<50 { _ = index.insert(makeMailbox("a.*")) }
        let own = makeMailbox("a.b")
        _ = index.insert(own)
        let (first, second) = (index.route(of: "a.b"), index.route(of: "a.c"))
        #expect(first.mailboxes == [own] && second.mailboxes == [])
        #expect(first.parts.map(ObjectIdentifier.init) == second.parts.map(ObjectIdentifier.init))
        #expect(first.parts.map(\.mailboxes.count).sorted() == [50, 100])
        #expect(first.count == 151)
    }

    @Test func `a change of a pattern lets go of its route and of no other`() throws {
        var index = RouteIndex()
        for _ in 0..<100 { _ = index.insert(makeMailbox("a.>")) }
        for _ in 0..<100 { _ = index.insert(makeMailbox("b.>")) }
        let (first, second) = (index.route(of: "a.x"), index.route(of: "b.x"))
        let change = index.insert(makeMailbox("a.>"))
        #expect(change.outdated === first && change.weight == 1 + 100 / 32)
        #expect(index.route(of: "b.x") === second)
        #expect(index.route(of: "a.x").count == 101)
        #expect(index.insert(makeMailbox("c")).weight == 1)
    }

    @Test func `a route asks predicates that any part of it has`() {
        func makeChoosy() -> Mailbox {
            Mailbox(
                id: SubscriptionID(rawValue: "s2"),
                pattern: ">",
                capacity: 1,
                policy: .block,
                predicate: { _ in true }
            )
        }
        var index = RouteIndex()
        for _ in 0..<100 { _ = index.insert(makeMailbox(">")) }
        _ = index.insert(makeMailbox("a"))
        #expect(!index.route(of: "a").hasPredicates)
        let choosy = makeChoosy()
        _ = index.insert(choosy)
        #expect(index.route(of: "a").hasPredicates && index.route(of: "b").hasPredicates)
        _ = index.remove(choosy)
        #expect(!index.route(of: "a").hasPredicates)
    }

    // MARK: Lanes

    @Test func `lanes have the same route`() throws {
        let table = RoutingTable(cacheCapacity: 8)
        for _ in 0..<100 { try table.add(makeMailbox(">")) }
        let routes = table.lanes.map { lane in
            #expect(lane.take())
            defer { lane.release() }
            return unsafe lane.route(of: Envelope(subject: "a"), orMatchIn: table)?.takeUnretainedValue()
        }
        #expect(routes.allSatisfy { $0 != nil && $0 === routes[0] })
    }

    @Test func `large routes that are out of date are let go before there are many`() throws {
        final class Held {
            weak var route: Route?
            init(_ route: Route?) { self.route = route }
        }
        let table = RoutingTable(cacheCapacity: 1024)
        for _ in 0..<2000 { try table.add(makeMailbox(">")) }
        var held: [Held] = []
        for number in 0..<500 {
            let envelope = Envelope(subject: try Subject(validating: "s\(number)"))
            let lane = table.lanes[number % table.lanes.count]
            #expect(lane.take())
            held.append(Held(unsafe lane.route(of: envelope, orMatchIn: table)?.takeUnretainedValue()))
            lane.release()
            try table.add(makeMailbox(">"))
        }
        // Each change weighs 63, so each lane forgets after about as many changes as there are lanes.
        #expect(held.count { $0.route != nil } <= 2 * table.lanes.count)
    }
}
