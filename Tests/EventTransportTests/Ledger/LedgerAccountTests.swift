import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct LedgerAccountTests {
    private typealias Change = LedgerAccount.Change

    /// An account, and a publisher's messages.
    private struct Run {
        var account = LedgerAccount()
        var prefixes: [UInt64: WirePrefix] = [1: .text("a."), 2: .text("a.b."), 3: .text("b.")]
        var givenUp: Set<UInt64> = []
        var serial: UInt64 = 0

        /// Reads a message with totals by incarnation.
        mutating func read(
            _ totals: [UInt64: UInt64],
            number: UInt64,
            epoch: UInt64 = 1,
            born: UInt64 = 0,
            closed: UInt64? = nil,
            over connection: Int32 = 5,
            isLast: Bool = false
        ) -> LedgerAccount.Reading {
            serial += 1
            var message = message(totals, number: number, epoch: epoch, born: born, closed: closed)
            message.isLast = isLast
            return read(message, over: connection)
        }

        mutating func read(_ message: LedgerMessage, over connection: Int32 = 5) -> LedgerAccount.Reading {
            let (prefixes, givenUp) = (prefixes, givenUp)
            return account.read(message, over: connection) { incarnation in
                prefixes[incarnation].map { .init(prefix: $0, isGivenUp: givenUp.contains(incarnation)) }
            }
        }

        func message(
            _ totals: [UInt64: UInt64],
            number: UInt64,
            epoch: UInt64 = 1,
            born: UInt64 = 0,
            closed: UInt64? = nil
        ) -> LedgerMessage {
            var message = LedgerMessage(origin: "p", socket: 0, serial: serial, number: number)
            message.lines = totals.sorted { $0.key < $1.key }
                .map { .init(incarnation: $0.key, epoch: epoch, total: $0.value, born: born, closed: closed) }
            return message
        }

        mutating func receive(_ numbers: UInt64..., on subject: Subject = "a.x") -> [Change] {
            numbers.compactMap { account.received($0, at: account.places(of: subject)) }
        }

        mutating func wait(_ number: UInt64, on subject: Subject) {
            account.wait(number, on: subject, limit: 3)
        }

        mutating func release(_ incarnation: UInt64) -> Bool {
            givenUp.insert(incarnation)
            return account.released(incarnation)
        }
    }

    private static func told(
        _ confirmed: [UInt64],
        closed: [UInt64] = [],
        _ byPrefix: [String: Int] = [:],
        forgotten: [String] = []
    ) -> LedgerAccount.Reading {
        var change = Change()
        for (prefix, count) in byPrefix { change.add(count, .text(prefix)) }
        return .current(
            .init(confirmed: confirmed, closed: closed, change: change, forgotten: forgotten.map { .text($0) })
        )
    }

    // MARK: Counting

    @Test func `what was counted since an announcement was born and has not come is lost`() {
        var run = Run()
        #expect(run.read([1: 0], number: 500, born: 500) == Self.told([1]))
        #expect(run.receive(501, 503) == [])
        #expect(run.read([1: 2], number: 503) == Self.told([1]))
        #expect(run.receive(506) == [])
        #expect(run.read([1: 5], number: 506) == Self.told([1], ["a.": 2]))
        #expect(run.read([1: 5], number: 506) == Self.told([1]))
        #expect(run.account.lost == 2)
    }

    @Test func `what comes before the first line waits for it`() {
        var run = Run()
        for number: UInt64 in [500, 501, 503] { run.wait(number, on: "a.x") }
        #expect(run.read([1: 3], number: 503, born: 500) == Self.told([1], ["a.": 1]))
        #expect(run.read([1: 3], number: 503, born: 500) == Self.told([1]))
    }

    @Test func `what comes after an announcement has ended was not counted for it`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0], number: 0)
        for number: UInt64 in [1, 3] { run.wait(number, on: "a.b.x") }
        #expect(run.read([2: 2], number: 3, closed: 2) == Self.told([], closed: [2], ["a.b.": 1]))
        #expect(run.read([1: 1], number: 3) == Self.told([1]))
    }

    @Test func `when too many wait nobody knows what was lost, and counting goes on from there`() {
        var run = Run()
        for number: UInt64 in 1...4 { run.wait(number, on: "a.x") }
        #expect(run.read([1: 4], number: 4) == Self.told([1], forgotten: ["a."]))
        #expect(run.receive(5) == [])
        #expect(run.read([1: 6], number: 6) == Self.told([1], ["a.": 1]))
    }

    @Test func `what comes late is not lost any more`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0], number: 0)
        #expect(run.read([1: 1, 2: 1], number: 2) == Self.told([1, 2], ["a.": 1, "a.b.": 1]))
        #expect(run.receive(1, on: "a.b.x") == [Change(lost: -1, byPrefix: [.text("a.b."): -1])])
        #expect(run.receive(2) == [Change(lost: -1, byPrefix: [.text("a."): -1])])
        #expect(run.account.lost == 0)
    }

    @Test func `what comes late for an announcement that has ended is not lost either`() {
        var run = Run()
        _ = run.read([1: 1], number: 1)
        #expect(run.read([1: 1], number: 1, closed: 1) == Self.told([], closed: [1]))
        _ = run.read([2: 0], number: 5, born: 5)
        #expect(run.receive(1, on: "a.b.x") == [Change(lost: -1, byPrefix: [.text("a."): -1])])
    }

    @Test func `lines of an announcement that nobody has made say nothing`() {
        var run = Run()
        #expect(run.read([7: 3], number: 3) == Self.told([]))
        #expect(run.account.places(of: "a.x") == [])
    }

    @Test func `places change with the generation`() {
        var run = Run()
        let first = run.account.generation
        _ = run.read([1: 0], number: 0)
        let second = run.account.generation
        #expect(first != second)
        _ = run.read([1: 0], number: 0)
        #expect(run.account.generation == second)
        _ = run.read([1: 0], number: 0, closed: 0)
        #expect(run.account.generation != second)
    }

    @Test func `whoever is not the first, or not the only one, begins with what is told first`() {
        var run = Run()
        run.account = LedgerAccount(isFirst: false)
        run.wait(500, on: "a.x")
        #expect(run.read([1: 100], number: 500) == Self.told([1]))
        #expect(run.read([1: 101], number: 501) == Self.told([1], ["a.": 1]))
        // Born later, it is known from the beginning.
        #expect(run.read([3: 1], number: 502, born: 501) == Self.told([3], ["b.": 1]))
    }

    // MARK: Prefixes inside others

    @Test func `an envelope was counted at the longest prefix that was in effect`() {
        var run = Run()
        _ = run.read([1: 0], number: 0)
        #expect(run.receive(1, on: "a.b.x") == [])
        _ = run.read([1: 1, 2: 0], number: 1, born: 0)
        run.serial += 1
        var message = run.message([1: 1, 2: 1], number: 2)
        message.lines[1].born = 1
        run.wait(2, on: "a.b.x")
        _ = run.read(message)
        #expect(run.read([1: 2, 2: 2], number: 4) == Self.told([1, 2], ["a.": 1, "a.b.": 1]))
    }

    @Test func `what nobody wants any more is not missed, unless a wider prefix is still wanted`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0, 3: 0], number: 0)
        let isUnknown = (run.release(2), run.release(3))
        #expect(isUnknown == (false, true))
        #expect(run.read([2: 1, 3: 1], number: 2, closed: 2) == Self.told([], closed: [2, 3], ["a.b.": 1]))
    }

    // MARK: Epochs

    @Test func `another epoch is a base, and is told`() {
        var run = Run()
        _ = run.read([1: 5], number: 5)
        #expect(run.read([1: 7], number: 7) == Self.told([1], ["a.": 2]))
        #expect(run.read([1: 1], number: 90, epoch: 2) == Self.told([1], forgotten: ["a."]))
        #expect(run.receive(6) == [])
        #expect(run.receive(91) == [])
        #expect(run.read([1: 3], number: 92, epoch: 2) == Self.told([1], ["a.": 1]))
        #expect(run.account.lost == 8)
    }

    // MARK: Order

    @Test func `a message that was overtaken says nothing, whatever it came over`() {
        var run = Run()
        run.serial = 7
        let old = run.message([1: 0], number: 1)
        #expect(run.read([1: 0], number: 2, over: 6) == Self.told([1]))
        #expect(run.read(old, over: 5) == .outdated)
        #expect(run.account.connection == 6)
        #expect(run.read(run.message([1: 9], number: 9), over: 7) == .outdated)
        #expect(run.read([1: 0], number: 2, over: 6) == Self.told([1]))
    }

    @Test func `a message that an envelope of the next connection has overtaken says nothing`() {
        var run = Run()
        run.wait(8, on: "a.x")
        #expect(run.read([1: 7], number: 7, over: 5) == .outdated)
        #expect(run.read([1: 8], number: 8, over: 6) == Self.told([1], ["a.": 7]))
    }

    @Test func `an orderly end is known until the publisher is there again`() {
        var run = Run()
        _ = run.read([1: 0], number: 0, isLast: true)
        #expect(run.account.hasSaidLast)
        _ = run.read([1: 0], number: 0)
        #expect(!run.account.hasSaidLast)
    }

    // MARK: What cannot be true

    @Test func `numbers that run far ahead are not believed`() {
        var run = Run()
        _ = run.read([1: 0], number: 10, born: 10)
        #expect(run.read([1: 1], number: 1 << 63) == .impossible)
        #expect(run.read([1: 1], number: 11) == Self.told([1], ["a.": 1]))
        #expect(run.receive(.max) == [])
        #expect(run.read([1: 2], number: 12) != .outdated)
        run.serial = .max - 1
        #expect(run.read([1: 2], number: 12) == .impossible)
    }

    @Test func `a forged envelope before the first message makes nobody deaf`() {
        var run = Run()
        run.wait(.max, on: "a.x")
        #expect(run.read([1: 0], number: 10, born: 10) == Self.told([1]))
        #expect(run.read([1: 1], number: 11) == Self.told([1], ["a.": 1]))
    }

    @Test(arguments: [4, 8, .max] as [UInt64])
    func `totals that go back or grow faster than numbers are not believed`(_ total: UInt64) {
        var run = Run()
        _ = run.read([1: 5], number: 10)
        #expect(run.read([1: total], number: 12) == Self.told([1]))
        #expect(run.account.lost == 5)
    }

    @Test func `a first total that is more than was published is not believed`() {
        var run = Run()
        #expect(run.read([1: 11], number: 10) == Self.told([1]))
        #expect(run.read([1: 12], number: 11) == Self.told([1], ["a.": 1]))
    }

    @Test(arguments: [1 << 48 + 1, 1 << 63, .max] as [UInt64])
    func `a first number that nobody reaches is not believed`(_ number: UInt64) {
        var run = Run()
        #expect(run.read([1: number], number: number) == .impossible)
        #expect(run.read([1: 1], number: 1) == Self.told([1], ["a.": 1]))
    }

    @Test func `more is not lost than was published`() {
        var run = Run()
        let number: UInt64 = 1 << 48
        #expect(
            run.read([1: number, 2: number, 3: 1], number: number)
                == Self.told([1, 2, 3], ["a.": 1 << 48], forgotten: ["a.b.", "b."])
        )
        #expect(run.account.lost == 1 << 48)
    }
}
