import Testing

@testable import EventNATS

@Suite struct RequestBookTests {
    private let start = ContinuousClock.now
    private func request(_ name: String, isBounded: Bool = false) -> LogRequest {
        LogRequest(wire: Array(name.utf8) + [0], isBounded: isBounded)
    }

    private func add(_ name: String, _ waiter: Int, isBounded: Bool = false, to book: inout RequestBook<Int>) -> UInt64
    {
        let number = book.reserve()
        book.add(number, request(name, isBounded: isBounded), waiter, now: start)
        return number
    }

    @Test func `a question is sent once, and its answer counts once`() {
        var book = RequestBook<Int>(capacity: 1, timeout: .seconds(8))
        let number = add("a", 7, to: &book)
        #expect(book.nextTime(now: start) == start)
        #expect(book.take(now: start).map(\.number) == [number])
        #expect(book.take(now: start).isEmpty)
        #expect(book.answered(number) == 7)
        #expect(book.answered(number) == nil)
        #expect(book.tick(now: start + .seconds(100)).isEmpty)
        #expect(book.take(now: start + .seconds(100)).isEmpty)
    }

    @Test func `what is not answered is sent again until its time is up`() {
        var book = RequestBook<Int>(capacity: 1, timeout: .seconds(3))
        let number = add("a", 7, to: &book)
        var sent = 0
        var expired: [Int] = []
        for step in 0...40 {
            let now = start + .milliseconds(100 * step)
            expired += book.tick(now: now).map(\.waiter)
            sent += book.take(now: now).count { $0.number == number }
        }
        #expect(sent == 4)
        #expect(expired == [7])
        #expect(book.count == 0)
        #expect(book.inFlight == 0)
    }

    @Test func `what nobody listened to is sent again after a pause, and says so at the end`() {
        var book = RequestBook<Int>(capacity: 1, timeout: .seconds(1))
        let number = add("a", 7, to: &book)
        var sent = 0
        var now = start
        var expired: [RequestBook<Int>.Expired] = []
        while expired.isEmpty, now < start + .seconds(10) {
            expired = book.tick(now: now)
            if !book.take(now: now).isEmpty {
                sent += 1
                book.unheard(number, now: now)
            }
            now += .milliseconds(10)
        }
        #expect((8...10).contains(sent))
        #expect(expired.first?.wasUnheard == true)
        #expect(now - start < .seconds(1.3))
    }

    @Test func `bounded ones wait for a place, in order, and others do not`() {
        var book = RequestBook<Int>(capacity: 2, timeout: .seconds(8))
        let numbers = (0..<5).map { add("a", $0, isBounded: true, to: &book) }
        let free = add("b", 9, to: &book)
        #expect(book.take(now: start).map(\.number) == [numbers[0], numbers[1], free])
        // One that waits is cancelled, and one that is under way.
        #expect(book.cancel(numbers[2]) == 2)
        #expect(book.cancel(numbers[0]) == 0)
        #expect(book.take(now: start).map(\.number) == [numbers[3]])
        #expect(book.answered(numbers[1]) == 1)
        #expect(book.take(now: start).map(\.number) == [numbers[4]])
        #expect(book.inFlight == 2)
    }

    @Test func `those that get no place expire as well`() {
        var book = RequestBook<Int>(capacity: 1, timeout: .seconds(2))
        _ = add("a", 1, isBounded: true, to: &book)
        _ = add("a", 2, isBounded: true, to: &book)
        _ = book.take(now: start)
        #expect(book.nextTime(now: start) != nil)
        #expect(Set(book.tick(now: start + .seconds(3)).map(\.waiter)) == [1, 2])
        #expect(book.inFlight == 0)
    }

    @Test func `after another connection all that are under way are sent again, in order`() {
        var book = RequestBook<Int>(capacity: 2, timeout: .seconds(8))
        let numbers = (0..<4).map { add("a", $0, isBounded: true, to: &book) }
        _ = book.take(now: start)
        book.sendAllAgain()
        #expect(book.take(now: start + .milliseconds(1)).map(\.number) == Array(numbers[..<2]))
        // The marks of the first time are out of date.
        #expect(book.tick(now: start + .seconds(1)).isEmpty)
        #expect(book.take(now: start + .seconds(1)).isEmpty)
    }

    @Test func `those that a server forbids are found by their subject`() {
        var book = RequestBook<Int>(capacity: 9, timeout: .seconds(8))
        _ = add("a.b", 1, to: &book)
        _ = add("a.c", 2, to: &book)
        #expect(book.takeAll(to: "a.b".utf8) == [1])
        #expect(book.takeAll() == [2])
        #expect(book.count == 0)
    }

    /// Whatever happens, each waiter comes out once.
    @Test(arguments: 0..<50) func `nobody is forgotten and nobody told twice`(seed: UInt64) {
        var random = Generator(state: seed)
        var book = RequestBook<Int>(capacity: 3, timeout: .seconds(5))
        var (now, told, added) = (start, [Int](), 0)
        var open: [UInt64] = []
        for _ in 0..<400 {
            now += .milliseconds(Int.random(in: 0...200, using: &random))
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                let number = book.reserve()
                book.add(number, request("a", isBounded: .random(using: &random)), added, now: now)
                added += 1
                open.append(number)
            case 2: if let number = open.randomElement(using: &random) { book.answered(number).map { told.append($0) } }
            case 3: if let number = open.randomElement(using: &random) { book.cancel(number).map { told.append($0) } }
            case 4: if let number = open.randomElement(using: &random) { book.unheard(number, now: now) }
            case 5: book.sendAllAgain()
            default:
                told += book.tick(now: now).map(\.waiter)
                _ = book.take(now: now)
            }
            #expect((0...3).contains(book.inFlight))
        }
        while let next = book.nextTime(now: now) {
            now = max(now, next) + .milliseconds(1)
            told += book.tick(now: now).map(\.waiter)
            _ = book.take(now: now)
        }
        #expect(told.sorted() == Array(0..<added))
    }
}

/// Numbers that are the same in every run.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
