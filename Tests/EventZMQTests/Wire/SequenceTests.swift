import EventCore
import Testing

@testable import EventZMQ

@Suite struct SequenceTests {
    @Test func `numbers count up from 1 for each subject`() {
        var table = SequenceTable()
        #expect(
            [table.next(for: "a"), table.next(for: "a"), table.next(for: "b"), table.next(for: "a")] == [1, 2, 1, 3]
        )
    }

    @Test func `a subject in use is not forgotten, one that is not starts again, and the table stays small`() throws {
        var table = SequenceTable(capacity: 4)
        _ = table.next(for: "idle")
        for number in 1...100 {
            #expect(table.next(for: "busy") == UInt64(number))
            _ = table.next(for: try Subject(validating: "other.\(number)"))
        }
        #expect(table.next(for: "idle") == 1)
    }

    @Test func `a table holds no more than it may`() {
        var table = RecentTable<Int, Int>(capacity: 10)
        for key in 0..<1000 {
            table.update(key, initial: 0) { value, _ in value += 1 }
            #expect(table.count <= 10)
        }
    }

    @Test func `what is left out is a gap; the first sight and a restart are none`() {
        var gaps = GapDetector()
        let missed = [7, 8, 10, 11, 1, 2, 5].map { gaps.received($0, of: "a.b", from: "o") }
        #expect(missed == [0, 0, 1, 0, 0, 0, 2])
    }

    @Test func `subjects and origins are told apart`() {
        var gaps = GapDetector()
        #expect(gaps.received(1, of: "a", from: "o") == 0)
        #expect(gaps.received(5, of: "b", from: "o") == 0)
        #expect(gaps.received(9, of: "a", from: "p") == 0)
        #expect(gaps.received(3, of: "a", from: "o") == 1)
    }

    @Test func `what was sent while the bus was not subscribed is no gap`() {
        var gaps = GapDetector()
        #expect(gaps.received(1, of: "a.b", from: "o") == 0)
        #expect(gaps.received(1, of: "x.y", from: "o") == 0)
        gaps.released("a.")
        #expect(gaps.received(9, of: "a.b", from: "o") == 0)
        #expect(gaps.received(9, of: "x.y", from: "o") == 7)
        #expect(gaps.received(11, of: "a.b", from: "o") == 1)
    }

    @Test func `however many prefixes come and go, none is held against the publisher`() {
        var gaps = GapDetector()
        _ = gaps.received(1, of: "a.b", from: "o")
        for _ in 0..<5000 { gaps.released("x.") }
        #expect(gaps.received(9, of: "a.b", from: "o") == 0)
    }

    @Test func `any number may come`() {
        var gaps = GapDetector()
        #expect(gaps.received(0, of: "a", from: "o") == 0)
        #expect(gaps.received(.max, of: "a", from: "o") == UInt64.max - 1)
        #expect(gaps.received(0, of: "a", from: "o") == 0)
    }
}
