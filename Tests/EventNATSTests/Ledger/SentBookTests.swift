import EventCore
import Testing

@testable import EventNATS

@Suite struct SentBookTests {
    private let now = ContinuousClock.now

    private func message(_ book: inout SentBook, after time: Duration, number: UInt64) -> LedgerLines? {
        _ = book.schedule(now)
        return book.takeDue(now + time, number: number, from: "me").first?.lines
    }

    private func change(_ book: inout SentBook, _ change: InterestChange, number: UInt64) -> Bool {
        book.change("a", change, number: number)
    }

    @Test func `counts an envelope once for a bus, however many patterns match`() {
        var book = SentBook()
        book.enter("a", version: 3, patterns: ["x.>", "x.*", "x.y"], number: 10)
        book.count("x.y")
        book.count("z")
        #expect(book.subscribers(of: "x.y") == ["a"])
        #expect(message(&book, after: .seconds(1), number: 12)?.segments == [.init(version: 3, from: 10, total: 1)])
    }

    @Test func `tells again until it is read, and then no more`() {
        var book = SentBook()
        book.enter("a", version: 1, patterns: ["x"], number: 0)
        book.count("x")
        #expect(message(&book, after: .milliseconds(20), number: 1)?.serial == 1)
        #expect(message(&book, after: .milliseconds(119), number: 1) == nil)
        #expect(message(&book, after: .milliseconds(120), number: 1)?.serial == 2)
        book.read(1, by: "a")
        #expect(book.schedule(now) == nil)
        book.count("x")
        #expect(message(&book, after: .seconds(60), number: 2)?.serial == 3)
        book.read(2, by: "a")
        #expect(book.schedule(now) != nil)
        book.read(3, by: "a")
        #expect(book.schedule(now) == nil)
    }

    @Test func `keeps what was counted for an older version until that is read`() {
        var book = SentBook()
        book.enter("a", version: 1, patterns: ["x"], number: 0)
        book.count("x")
        #expect(change(&book, InterestChange(version: 2, pattern: "y", isWanted: true), number: 1))
        book.count("y")
        let both = [
            LedgerLines.Segment(version: 1, from: 0, to: 1, total: 1),
            LedgerLines.Segment(version: 2, from: 1, total: 1),
        ]
        #expect(message(&book, after: .seconds(1), number: 2)?.segments == both)
        #expect(message(&book, after: .seconds(9), number: 2)?.segments == both)
        book.read(1, by: "a")
        book.count("y")
        #expect(message(&book, after: .seconds(99), number: 3)?.segments == [.init(version: 2, from: 1, total: 2)])
    }

    @Test func `notices a change that it has missed`() {
        var book = SentBook()
        #expect(!change(&book, InterestChange(version: 1, pattern: "y", isWanted: true), number: 0))
        book.enter("a", version: 1, patterns: ["x"], number: 0)
        #expect(!change(&book, InterestChange(version: 3, pattern: "y", isWanted: true), number: 0))
        #expect(change(&book, InterestChange(version: 1, pattern: "y", isWanted: true), number: 0))
        #expect(book.subscribers(of: "y") == [])
    }

    @Test func `counts on for a bus that is away, for a minute, and tells it now and then`() {
        var book = SentBook()
        book.enter("a", version: 1, patterns: ["x"], number: 0)
        book.isAway("a", now: now)
        book.count("x")
        #expect(message(&book, after: .milliseconds(900), number: 1) == nil)
        #expect(message(&book, after: .seconds(1), number: 1)?.segments.last?.total == 1)
        book.enter("a", version: 1, patterns: ["x"], number: 1)
        #expect(message(&book, after: .seconds(59), number: 1)?.segments.last?.total == 1)
        book.isAway("a", now: now)
        #expect(message(&book, after: .seconds(61), number: 1) == nil)
        #expect(book.subscribers(of: "x") == [])
    }
}
