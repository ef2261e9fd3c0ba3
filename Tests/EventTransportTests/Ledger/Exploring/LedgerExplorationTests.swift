import EventCore
import Testing
import TransportSupport

@testable import EventTransport

/// Tries every order in which things can happen, and compares what a subscriber says of losses with what was lost.
///
/// With the variable `EVENT_EXPLORE=large` in the environment more may happen; see `make explore`.
@Suite(.serialized) struct LedgerExplorationTests {
    typealias Budget = LedgerWorld.Budget

    struct Case: CustomTestStringConvertible {
        var name: String
        var rules = LedgerWorld.Rules()
        var small: Budget
        var large: Budget

        var testDescription: String { name }
    }

    private static let wide = WirePrefix.text("a.")
    private static let narrow = WirePrefix.text("a.b.")
    private static let other = WirePrefix.text("b.")

    private static func rules(
        _ shape: LedgerWorld.Shape = .oneLink,
        _ prefixes: [WirePrefix] = [wide],
        _ subjects: [Subject] = ["a.x"],
        capacity: Int = 2,
        remembered: Int = 100,
        wrong: LedgerWorld.Wrong? = nil
    ) -> LedgerWorld.Rules {
        LedgerWorld.Rules(
            shape: shape,
            prefixes: prefixes,
            subjects: subjects,
            capacity: capacity,
            remembered: remembered,
            wrong: wrong
        )
    }

    private static let nested = [wide, narrow]
    private static let nestedSubjects: [Subject] = ["a.x", "a.b.x"]

    static let cases = [
        Case(
            name: "a link that breaks",
            small: Budget(publishes: 2, breaks: 1),
            large: Budget(publishes: 4, breaks: 2, resends: 1)
        ),
        Case(
            name: "a subscriber that comes and goes",
            small: Budget(publishes: 2, leaves: 1),
            large: Budget(publishes: 3, breaks: 1, leaves: 2, resends: 1)
        ),
        Case(
            name: "nested prefixes",
            rules: rules(.oneLink, nested, ["a.b.x"]),
            small: Budget(publishes: 2),
            large: Budget(publishes: 2, breaks: 1, leaves: 1)
        ),
        Case(
            name: "nested prefixes and two subjects",
            rules: rules(.oneLink, nested, nestedSubjects, capacity: 1),
            small: Budget(publishes: 1, leaves: 1),
            large: Budget(publishes: 3, breaks: 1)
        ),
        Case(
            name: "nested prefixes that are left while the link is down",
            rules: rules(.oneLink, nested, ["a.b.x"], capacity: 2),
            small: Budget(publishes: 1, breaks: 1, leaves: 1),
            large: Budget(publishes: 2, breaks: 1, leaves: 1)
        ),
        Case(
            name: "prefixes beside each other",
            rules: rules(.oneLink, [wide, other], ["a.x", "b.x"], capacity: 1),
            small: Budget(publishes: 2),
            large: Budget(publishes: 2, breaks: 1, leaves: 1)
        ),
        Case(
            name: "a publisher that forgets",
            rules: rules(),
            small: Budget(publishes: 2, breaks: 1, forgets: 1),
            large: Budget(publishes: 3, breaks: 2, leaves: 1, forgets: 2)
        ),
        Case(
            name: "a publisher that remembers nobody",
            rules: rules(remembered: 0),
            small: Budget(publishes: 2, breaks: 1),
            large: Budget(publishes: 3, breaks: 2, leaves: 1)
        ),
        Case(
            name: "nested prefixes of which one is remembered",
            rules: rules(.oneLink, nested, ["a.b.x"], remembered: 1),
            small: Budget(publishes: 1, breaks: 1),
            large: Budget(publishes: 2, breaks: 2)
        ),
        Case(
            name: "two sockets",
            rules: rules(.twoSockets, capacity: 1),
            small: Budget(publishes: 1),
            large: Budget(publishes: 2, breaks: 1)
        ),
        Case(
            name: "two links to one socket",
            rules: rules(.twoLinks, capacity: 1),
            small: Budget(publishes: 1),
            large: Budget(publishes: 2, breaks: 1)
        ),
    ]

    @Test(arguments: cases)
    func `what is said to be lost is what is lost, in whatever order things happen`(_ example: Case) async {
        let budget = Exploration<LedgerWorld>.isLarge ? example.large : example.small
        let start = ContinuousClock.now
        // What is nearest is searched first; where there are minutes, much more of it.
        let limit = Exploration<LedgerWorld>.isLarge ? 2_000_000 : 20_000
        let search = await Exploration(from: LedgerWorld(example.rules, budget), limit: limit)
        print(
            "\(example.name): \(search.states) states, \(search.comparisons) comparisons, \(start.duration(to: .now))"
        )
        #expect(search.fault == nil)
        #expect(search.comparisons > 10)
    }

    static let wrongs: [(LedgerWorld.Rules, Budget)] = LedgerWorld.Wrong.allCases.map { wrong in
        switch wrong {
        case .countsForEveryPrefix, .stopsListeningAtOnce:
            (rules(.oneLink, nested, ["a.b.x"], wrong: wrong), Budget(publishes: 1, leaves: 1))
        case .takesLinesOfAnyIncarnation, .keepsIncarnation: (rules(wrong: wrong), Budget(publishes: 2, leaves: 1))
        case .countsOnlyWhileSent: (rules(wrong: wrong), Budget(publishes: 2, breaks: 1))
        case .ignoresWhenClosed, .doesNotWait: (rules(wrong: wrong), Budget(publishes: 2, leaves: 1))
        case .tellsOnlyOnce: (rules(capacity: 1, wrong: wrong), Budget(publishes: 2))
        }
    }

    @Test("a rule that is broken is found out", arguments: wrongs)
    func noticesWrong(_ rules: LedgerWorld.Rules, _ budget: Budget) async {
        let search = await Exploration(from: LedgerWorld(rules, budget), limit: 60_000)
        print("\(rules.wrong!): \(search.states) states, \(search.fault ?? "no fault")")
        #expect(search.fault != nil)
    }
}
