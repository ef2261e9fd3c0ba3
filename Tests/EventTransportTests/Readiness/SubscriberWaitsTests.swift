import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct SubscriberWaitsTests {
    private var waits = SubscriberWaits<Int>()
    private let now = ContinuousClock.now

    private mutating func add(_ id: Int, _ subject: Subject, count: Int = 1, after delay: Duration = .seconds(1)) {
        waits.add(id, id: UInt64(id), subject: subject, count: count, deadline: now + delay)
    }

    @Test mutating func `only those are counted whose subject a changed prefix covers, each subject once`() {
        for (id, subject) in ["a", "a.b", "a.b.c", "a.c", "b", "ab"].enumerated() {
            add(id, Subject(stringLiteral: subject))
        }
        add(6, "a.b", count: 3)
        var asked: [Subject] = []
        let taken = waits.takeFulfilled(coveredBy: ["a.b", "a.b.", "b"]) { subject, limit in
            asked.append(subject)
            return min(limit, 2)
        }
        #expect(asked == ["a.b", "a.b.c", "b"])
        #expect(Set(taken) == [1, 2, 4])
        #expect(waits.takeFulfilled(coveredBy: ["a.b"]) { min($0 == "a.b" ? 3 : 0, $1) } == [6])
        #expect(Set(waits.takeFulfilled(coveredBy: [""]) { _, _ in 1 }) == [0, 3, 5])
        #expect(waits.isEmpty && waits.deadline == nil)
    }

    @Test mutating func `those who want fewer are served while others go on waiting`() {
        for id in 0..<10 { add(id, "a", count: 10 - id) }
        #expect(waits.takeFulfilled(coveredBy: ["a"]) { _, limit in min(limit, 3) } == [9, 8, 7])
        #expect(waits.takeFulfilled(coveredBy: ["b"]) { _, _ in 100 } == [])
        #expect(waits.takeFulfilled(coveredBy: ["a"]) { _, limit in min(limit, 4) } == [6])
    }

    @Test mutating func `the first deadline comes first`() {
        for id in [3, 1, 2, 5, 4] { add(id, Subject(stringLiteral: "s\(id)"), after: .seconds(id)) }
        #expect(waits.deadline == now + .seconds(1))
        #expect(waits.takeLate(now + .seconds(2)) == [1, 2])
        #expect(waits.forget(3) == 3)
        #expect(waits.forget(3) == nil)
        #expect(waits.deadline == now + .seconds(4))
        #expect(Set(waits.takeAll()) == [4, 5])
        #expect(waits.deadline == nil)
    }

    @Test(arguments: [1, 2, 3])
    mutating func `does what a list does`(_ seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var list: [(id: Int, subject: String, count: Int, delay: Int)] = []
        for id in 0..<4000 {
            let depth = Int.random(in: 1...3, using: &random)
            let segments = (0..<depth).map { _ in Int.random(in: 0..<9, using: &random) }
            let subject = segments.map(String.init).joined(separator: ".")
            let (count, delay) = (Int.random(in: 1...5, using: &random), Int.random(in: 0..<4000, using: &random))
            list.append((id, subject, count, delay))
            add(id, try Subject(validating: subject), count: count, after: .seconds(delay))
            guard id.isMultiple(of: 3) else { continue }
            let victim = Int.random(in: 0...id, using: &random)
            #expect(waits.forget(UInt64(victim)) == list.first { $0.id == victim }?.id)
            list.removeAll { $0.id == victim }
            let time = Int.random(in: 0..<40, using: &random)
            let late = list.filter { $0.delay <= time }.sorted { ($0.delay, $0.id) < ($1.delay, $1.id) }.map(\.id)
            #expect(waits.takeLate(now + .seconds(time)) == late)
            list.removeAll { $0.delay <= time }
            let prefix = list.randomElement(using: &random)?.subject ?? ""
            let taken = waits.takeFulfilled(coveredBy: [WirePrefix(text: prefix)]) { _, limit in min(limit, 1) }
            let expected = list.filter { $0.subject.hasPrefix(prefix) && $0.count == 1 }.map(\.id)
            #expect(Set(taken) == Set(expected))
            list.removeAll { $0.subject.hasPrefix(prefix) && $0.count == 1 }
            #expect(waits.deadline == list.map(\.delay).min().map { now + .seconds($0) })
        }
        #expect(Set(waits.takeAll()) == Set(list.map(\.id)))
    }
}
