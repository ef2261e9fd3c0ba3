import EventCore
import Testing

@testable import EventZMQ

@Suite struct LedgerAccountTests {
    private typealias Change = LedgerAccount.Change

    /// An account, and a publisher's messages.
    private struct Run {
        var account = LedgerAccount()
        var prefixes: [UInt64: WirePrefix] = [1: .text("a."), 2: .text("a.b."), 3: .text("b.")]
        var serial: UInt64 = 0

        /// Reads a message with totals by incarnation.
        mutating func read(
            _ totals: [UInt64: UInt64],
            number: UInt64,
            epoch: UInt64 = 1,
            over connection: Int32 = 5,
            isLast: Bool = false
        ) -> LedgerAccount.Reading {
            serial += 1
            return read(message(totals, number: number, epoch: epoch, isLast: isLast), over: connection)
        }

        mutating func read(_ message: LedgerMessage, over connection: Int32 = 5) -> LedgerAccount.Reading {
            let prefixes = prefixes
            return account.read(message, over: connection) { prefixes[$0] }
        }

        func message(
            _ totals: [UInt64: UInt64],
            number: UInt64,
            epoch: UInt64 = 1,
            isLast: Bool = false
        ) -> LedgerMessage {
            var message = LedgerMessage(origin: "p", socket: 0, serial: serial, number: number)
            message.isLast = isLast
            message.lines = totals.sorted { $0.key < $1.key }
                .map { .init(incarnation: $0.key, epoch: epoch, total: $0.value) }
            return message
        }

        mutating func receive(_ numbers: UInt64..., on subject: Subject = "a.x") -> [Change] {
            numbers.compactMap { account.received($0, at: account.places(of: subject)) }
        }

        mutating func release(_ incarnation: UInt64) {
            prefixes[incarnation] = nil
            account.released(incarnation)
        }
    }

    private static func told(
        _ confirmed: [UInt64],
        lost: Int = 0,
        _ byPrefix: [String: Int] = [:],
        forgotten: [String] = []
    ) -> LedgerAccount.Reading {
        let pairs = byPrefix.map { (WirePrefix.text($0.key), $0.value) }
        let change = Change(lost: lost, byPrefix: Dictionary(uniqueKeysWithValues: pairs))
        return .current(.init(confirmed: confirmed, change: change, forgotten: forgotten.map { .text($0) }))
    }

    // MARK: Counting

    @Test func `the first line is the base, and what is missing after it is lost`() {
        var run = Run()
        #expect(run.read([1: 100], number: 500) == Self.told([1]))
        #expect(run.receive(501, 503) == [])
        #expect(run.read([1: 102], number: 503) == Self.told([1]))
        #expect(run.receive(506) == [])
        #expect(run.read([1: 105], number: 506) == Self.told([1], lost: 2, ["a.": 2]))
        #expect(run.read([1: 105], number: 506) == Self.told([1]))
        #expect(run.account.lost == 2)
    }

    @Test func `what came before the base counts for nothing`() {
        var run = Run()
        #expect(run.receive(499) == [])
        _ = run.read([1: 100], number: 500)
        #expect(run.receive(498, 500) == [])
        #expect(run.read([1: 101], number: 501) == Self.told([1], lost: 1, ["a.": 1]))
    }

    @Test func `what comes late is not lost any more`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0], number: 0)
        #expect(run.read([1: 2, 2: 1], number: 2) == Self.told([1, 2], lost: 2, ["a.": 2, "a.b.": 1]))
        #expect(run.receive(1, on: "a.b.x") == [Change(lost: -1, byPrefix: [.text("a."): -1, .text("a.b."): -1])])
        #expect(run.receive(2) == [Change(lost: -1, byPrefix: [.text("a."): -1])])
        #expect(run.account.lost == 0)
    }

    @Test func `lines of an announcement that is not in effect say nothing`() {
        var run = Run()
        #expect(run.read([7: 3], number: 3) == Self.told([]))
        run.prefixes[7] = .text("a.")
        #expect(run.read([7: 3], number: 3) == Self.told([7]))
        run.release(7)
        #expect(run.read([7: 9], number: 9) == Self.told([]))
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
        run.release(1)
        run.release(1)
        #expect(run.account.generation != second)
    }

    // MARK: Prefixes inside others

    @Test func `a loss on what two prefixes cover counts once`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0, 3: 0], number: 0)
        #expect(
            run.read([1: 3, 2: 2, 3: 1], number: 4)
                == Self.told([1, 2, 3], lost: 4, ["a.": 3, "a.b.": 2, "b.": 1])
        )
    }

    @Test func `a wider prefix takes over without counting twice, and gives back without losing any`() {
        var run = Run()
        _ = run.read([2: 0], number: 0)
        #expect(run.read([1: 1, 2: 1], number: 1) == Self.told([1, 2], lost: 1, ["a.b.": 1]))
        #expect(run.read([1: 2, 2: 2], number: 2) == Self.told([1, 2], lost: 1, ["a.": 1, "a.b.": 1]))
        run.release(1)
        #expect(run.read([2: 3], number: 3) == Self.told([2], lost: 1, ["a.b.": 1]))
        #expect(run.account.lost == 3)
    }

    @Test func `a wider prefix that was forgotten hides no loss of a narrow one`() {
        var run = Run()
        _ = run.read([1: 0, 2: 0], number: 0)
        run.serial += 1
        var message = run.message([1: 1, 2: 2], number: 2)
        message.lines[0].epoch = 9
        #expect(run.read(message) == Self.told([1, 2], lost: 2, ["a.b.": 2], forgotten: ["a."]))
        #expect(run.read([1: 2, 2: 3], number: 3, epoch: 9) != .impossible)
    }

    // MARK: Epochs

    @Test func `another epoch is a base, and is told`() {
        var run = Run()
        _ = run.read([1: 5], number: 5)
        #expect(run.read([1: 7], number: 7) == Self.told([1], lost: 2, ["a.": 2]))
        #expect(run.read([1: 1], number: 90, epoch: 2) == Self.told([1], forgotten: ["a."]))
        #expect(run.receive(6) == [])
        #expect(run.receive(91) == [])
        #expect(run.read([1: 3], number: 92, epoch: 2) == Self.told([1], lost: 1, ["a.": 1]))
        #expect(run.account.lost == 3)
    }

    // MARK: Order

    @Test func `a message that was overtaken says nothing, whatever it came over`() {
        var run = Run()
        run.serial = 7
        let old = run.message([1: 1], number: 1)
        #expect(run.read([1: 2], number: 2, over: 6) == Self.told([1]))
        #expect(run.read(old, over: 5) == .outdated)
        #expect(run.account.connection == 6)
        #expect(run.read(run.message([1: 9], number: 9), over: 7) == .outdated)
        #expect(run.read([1: 2], number: 2, over: 6) == Self.told([1]))
    }

    @Test func `a message that an envelope of the next connection has overtaken sets no base`() {
        var run = Run()
        #expect(run.receive(8) == [])
        #expect(run.read([1: 6], number: 7, over: 5) == .outdated)
        #expect(run.read([1: 7], number: 8, over: 6) == Self.told([1]))
        #expect(run.account.lost == 0)
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
        _ = run.read([1: 0], number: 10)
        #expect(run.read([1: 1], number: 1 << 63) == .impossible)
        #expect(run.read([1: 1], number: 11) == Self.told([1], lost: 1, ["a.": 1]))
        #expect(run.receive(.max) == [])
        #expect(run.read([1: 2], number: 12) != .outdated)
        run.serial = .max - 1
        #expect(run.read([1: 2], number: 12) == .impossible)
    }

    @Test func `a forged envelope before the first message makes nobody deaf`() {
        var run = Run()
        #expect(run.receive(.max) == [])
        #expect(run.read([1: 0], number: 10) == Self.told([1]))
        #expect(run.read([1: 1], number: 11) == Self.told([1], lost: 1, ["a.": 1]))
    }

    @Test(arguments: [4, 8, .max] as [UInt64])
    func `totals that go back or grow faster than numbers are not believed`(_ total: UInt64) {
        var run = Run()
        _ = run.read([1: 5], number: 10)
        #expect(run.read([1: total], number: 12) == Self.told([1]))
        #expect(run.account.lost == 0)
    }
}
