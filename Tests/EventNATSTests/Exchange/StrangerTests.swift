import EventCore
import Testing

@testable import EventNATS

/// What somebody can say who is no bus, and says much of it.
@Suite struct StrangerTests {
    private let now = ContinuousClock.now

    private func machine() throws -> ExchangeStateMachine {
        var machine = ExchangeStateMachine(
            bus: Envelope(subject: "x").id,
            namespace: try Namespace(nil),
            confirmationTimeout: .seconds(2),
            queue: SendQueue(capacity: 1000, byteCapacity: 1 << 20)
        )
        _ = machine.connected(to: "A", at: "nats://A", now: now)
        _ = machine.takeWork(now: now, wantsItems: true)
        return machine
    }

    private func presence(_ bus: Int, part: UInt64 = 0, of parts: UInt64 = 1) -> Presence {
        let patterns: [Pattern] = ["a", "b.*"]
        let (server, endpoint) = ("S", "nats://S")
        return Presence(
            bus: "invented\(bus)",
            server: server,
            endpoint: endpoint,
            version: 1,
            patterns: patterns,
            part: part,
            parts: parts
        )
    }

    @Test func `only so many answers wait for buses that ask`() throws {
        var machine = try machine()
        for number in 0..<ExchangeStateMachine.maximumAnswers {
            _ = machine.heard(.question(bus: "invented\(number)", token: 1), now: now)
        }
        let (work, _) = machine.takeWork(now: now, wantsItems: true)
        #expect(work.notes.count == ExchangeStateMachine.maximumAnswers)
    }

    @Test func `what a bus has to say itself is not left out for answers`() throws {
        var machine = try machine()
        for number in 0..<ExchangeStateMachine.maximumAnswers {
            _ = machine.heard(.question(bus: "invented\(number)", token: 1), now: now)
        }
        _ = machine.subscribe(to: Interest("a"), limit: nil, id: 1, now: now)
        _ = machine.effective([Interest("a")], now: now)
        let notes = machine.takeWork(now: now, wantsItems: true).0.notes
        #expect(notes.count == ExchangeStateMachine.maximumAnswers + 1)
        #expect(notes.last?.wire == machine.namespace.everybody)
    }

    @Test(arguments: [(ExchangeStateMachine.maximumGreeted, false), (5000, true)])
    func `many that come at once are told together what a bus wants`(_ count: Int, _ isForAll: Bool) throws {
        var machine = try machine()
        for number in 0..<count { _ = machine.heard(.hello(presence(number)), now: now) }
        let notes = machine.takeWork(now: now, wantsItems: true).0.notes
        #expect(notes.count == (isForAll ? 1 : count))
        #expect(notes.contains { $0.wire == machine.namespace.everybody } == isForAll)
        #expect(!machine.hasWork)
    }

    @Test func `parts are put together`() {
        var parts = PresenceParts()
        let whole = parts.add(presence(1))
        #expect(whole?.patterns.count == 2)
        let inThree = (0..<3).map { parts.add(presence(1, part: $0, of: 3))?.patterns.count }
        #expect(inThree == [nil, nil, 6])
        #expect((parts.count, parts.size) == (0, 0))
        // The second one is missing.
        let inTwo = [0, 2].map { parts.add(presence(1, part: $0, of: 3))?.patterns.count }
        #expect(inTwo == [nil, nil])
        #expect(parts.count == 0)
    }

    @Test func `parts that are never completed are forgotten, the oldest first`() {
        var parts = PresenceParts()
        for number in 0..<10_000 { _ = parts.add(presence(number, part: 0, of: 2)) }
        #expect(parts.count == PresenceParts.maximumCount)
        let (last, first) = (parts.add(presence(9_999, part: 1, of: 2)), parts.add(presence(0, part: 1, of: 2)))
        #expect(last?.patterns.count == 4)
        #expect(first == nil)
    }

    @Test func `parts take only so much memory, and one bus only a share of that`() throws {
        var parts = PresenceParts()
        let pattern = try Pattern(validating: String(repeating: "x", count: Subject.maximumUTF8Count))
        var large = presence(0, part: 0, of: 2)
        large.patterns = Array(repeating: pattern, count: PresenceParts.maximumSize / 5 / 1024)
        for number in 0..<20 {
            large.bus = "large\(number)"
            _ = parts.add(large)
            #expect(parts.size <= PresenceParts.maximumSize)
        }
        #expect(parts.count == 4)
        let kept = parts.size
        (large.bus, large.patterns) = ("huge", large.patterns + large.patterns + large.patterns)
        _ = parts.add(large)
        #expect(parts.size == kept)
    }

    @Test(arguments: [(200, [], 8), (10_000, ["b:1"], 8)])
    func `server whose buses are not there is given up in few rounds, however many it is said to have`(
        _ count: Int,
        _ missing: [String],
        _ maximumRounds: Int
    ) {
        let buses = (0..<count).map { "invented\($0)" }
        var calls = RollCall<Int>()
        let server = PeerList.Server(id: "B", endpoint: "b:1", buses: buses)
        var (questions, done) = calls.begin([7], own: "a:1", servers: [server], now: now, deadline: now + .seconds(2))
        var rounds = 0
        while done == nil, rounds < 100 {
            #expect(questions.count <= RollCall<Int>.maximumQuestions)
            for question in questions {
                if let outcome = calls.gone(question.bus, now: now).first { done = outcome }
            }
            questions = calls.due(now).questions
            rounds += 1
        }
        #expect(done?.waiters == [7])
        #expect(done?.confirmed == ["a:1"])
        #expect(done?.missing == missing)
        #expect(rounds <= maximumRounds)
    }

    @Test func `servers that are invented are asked for in portions`() {
        var calls = RollCall<Int>()
        let servers = (0..<3000).map { PeerList.Server(id: "S\($0)", endpoint: "s:\($0)", buses: ["b\($0)"]) }
        var asked: Set<String> = []
        var questions = calls.begin([7], own: "a", servers: servers, now: now, deadline: now + .seconds(2)).questions
        for _ in 0..<3 {
            #expect(questions.count <= RollCall<Int>.maximumQuestions)
            asked.formUnion(questions.map(\.bus))
            questions = calls.due(now).questions
        }
        #expect(asked.count == 3000)
        #expect(questions.isEmpty)
    }

    @Test func `patterns of others are remembered up to a bound in all`() {
        var book = SentBook(maximumPatterns: 4)
        book.enter("b1", version: 1, patterns: ["a", "b"], number: 0)
        book.enter("b2", version: 1, patterns: ["c", "d", "e"], number: 0)
        #expect(!book.wantsAnything("b2"))
        var version: UInt64 = 1
        let change = { (book: inout SentBook, pattern: Pattern, isWanted: Bool) in
            version += 1
            let change = InterestChange(version: version, pattern: pattern, isWanted: isWanted)
            // Were it false, the bus would be asked to say all again.
            let isTaken = book.change("b1", change, number: 0)
            #expect(isTaken)
        }
        for pattern in ["c", "d"] as [Pattern] { change(&book, pattern, true) }
        #expect(book.patternCount == 4)
        change(&book, "a", false)
        change(&book, "e", true)
        let subscribers = book.subscribers(of: "e")
        #expect(subscribers == ["b1"])
        change(&book, "f", true)
        #expect(!book.wantsAnything("b1"))
        #expect(book.patternCount == 0)
    }

    @Test func `arrivals of invented publishers are remembered up to a bound in all`() {
        var books = ReceivedBooks(maximumWaiting: 10)
        for publisher in 0..<100 {
            for number in 1...2 as ClosedRange<UInt64> {
                let arrival = books.arrived(number, on: "a", from: "invented\(publisher)", isCurrent: true)
                #expect(arrival.isFirst)
            }
        }
        #expect(books.waitingCount == 10)
        for publisher in 0..<100 { _ = books.left("invented\(publisher)") }
        #expect(books.waitingCount == 0)
    }
}
