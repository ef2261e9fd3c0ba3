import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct LedgerAccountsTests {
    private typealias Report = LedgerAccounts.Report

    /// Accounts, a clock to go with them, and a prefix `a.` with the announcement 1.
    private struct Run {
        var now = ContinuousClock.now
        var accounts = LedgerAccounts(retention: .seconds(30))
        var serials: [String: UInt64] = [:]

        init() { accounts.announced(.text("a."), 1) }

        mutating func read(
            _ total: UInt64,
            from origin: String = "p",
            socket: UInt64 = 0,
            epoch: UInt64 = 1,
            on link: Int = 0,
            over connection: Int32 = 5,
            isLast: Bool = false
        ) -> LedgerAccounts.Reading {
            let serial = serials["\(origin) \(socket)", default: 0] + 1
            serials["\(origin) \(socket)"] = serial
            var message = LedgerMessage(origin: origin, socket: socket, serial: serial, number: total)
            message.isLast = isLast
            message.lines = [.init(incarnation: 1, epoch: epoch, total: total)]
            return accounts.read(message, on: link, over: connection, now: now)
        }

        mutating func receive(_ number: UInt64, from origin: String = "p", on link: Int = 0) {
            accounts.received(number, on: "a.x", from: origin, over: link, now: now)
        }

        mutating func pass(_ duration: Duration) -> [Report] {
            now += duration
            return accounts.takeReports(now)
        }
    }

    private static func lost(_ count: Int?, from origin: String = "p", on link: Int = 0) -> Report {
        var report = Report(link: link, origin: origin, lost: count)
        if let count { report.byPrefix = [.text("a."): count] }
        return report
    }

    @Test func `a loss is told when it has stood for 50 ms`() {
        var run = Run()
        #expect(run.accounts.deadline == nil)
        #expect(run.read(0) == .current(confirmed: [1], closed: []))
        run.receive(2)
        #expect(run.read(3) == .current(confirmed: [1], closed: []))
        #expect(run.accounts.deadline == run.now + .milliseconds(50))
        #expect(run.pass(.milliseconds(49)) == [])
        #expect(run.pass(.milliseconds(1)) == [Self.lost(2)])
        #expect(run.accounts.deadline == nil)
        run.receive(3)
        #expect(run.pass(.milliseconds(50)) == [Self.lost(-1)])
    }

    @Test func `what was only late is not told`() {
        var run = Run()
        _ = run.read(0)
        _ = run.read(2)
        run.receive(1)
        run.receive(2)
        #expect(run.pass(.milliseconds(50)) == [])
        #expect(run.accounts.deadline == nil)
    }

    @Test func `links, publishers and their sockets are told apart`() {
        var run = Run()
        for total: UInt64 in [0, 2] {
            for link in [0, 1] { _ = run.read(total, from: "p", socket: UInt64(link), on: link) }
            _ = run.read(total, from: "q")
        }
        run.receive(1, from: "p", on: 1)
        run.receive(1, from: "q", on: 0)
        run.receive(2, from: "q", on: 0)
        #expect(run.pass(.milliseconds(50)) == [Self.lost(2, on: 0), Self.lost(1, on: 1)])
        #expect(run.accounts.isKept(by: "q"))
        #expect(!run.accounts.isKept(by: "r"))
    }

    @Test func `a publisher that had forgotten is told of, without a number`() {
        var run = Run()
        _ = run.read(0)
        #expect(run.read(7, epoch: 2) == .current(confirmed: [1], closed: []))
        var report = Self.lost(nil)
        report.byPrefix = [.text("a."): 0]
        #expect(run.pass(.zero) == [report])
    }

    @Test func `a publisher that is gone without a word for too long has lost nobody knows how much`() {
        var run = Run()
        _ = run.read(0)
        run.accounts.disconnected(7, on: 0, now: run.now)
        run.accounts.disconnected(5, on: 1, now: run.now)
        #expect(run.accounts.deadline == nil)
        run.accounts.disconnected(5, on: 0, now: run.now)
        #expect(run.accounts.deadline == run.now + .seconds(30))
        #expect(run.pass(.seconds(30) - .milliseconds(1)) == [])
        #expect(run.pass(.milliseconds(1)) == [Self.lost(nil)])
        #expect(!run.accounts.isKept(by: "p"))
        #expect(run.accounts.deadline == nil)
    }

    @Test func `a publisher that comes back in time has lost what it says`() {
        var run = Run()
        _ = run.read(0)
        run.accounts.disconnected(nil, on: 0, now: run.now)
        #expect(run.pass(.seconds(20)) == [])
        _ = run.read(4, over: 6)
        #expect(run.pass(.milliseconds(50)) == [Self.lost(4)])
        run.accounts.disconnected(5, on: 0, now: run.now)
        #expect(run.accounts.deadline == nil)
    }

    @Test func `a publisher that has said goodbye leaves nothing unknown`() {
        var run = Run()
        _ = run.read(0)
        _ = run.read(1, isLast: true)
        run.accounts.disconnected(5, on: 0, now: run.now)
        #expect(run.pass(.seconds(30)) == [Self.lost(1)])
        #expect(run.accounts.deadline == nil)
        #expect(!run.accounts.isKept(by: "p"))
    }

    @Test func `another publisher in its place tells that it is not coming back`() {
        var run = Run()
        _ = run.read(0)
        _ = run.read(2)
        _ = run.read(0, from: "q", over: 6)
        run.accounts.replaced(by: "q", on: 0, now: run.now)
        #expect(run.accounts.isKept(by: "p"))
        run.accounts.disconnected(5, on: 0, now: run.now)
        run.accounts.replaced(by: "q", on: 1, now: run.now)
        run.accounts.replaced(by: "q", on: 0, now: run.now)
        #expect(!run.accounts.isKept(by: "p"))
        #expect(run.accounts.isKept(by: "q"))
        #expect(run.pass(.milliseconds(50)) == [Self.lost(2), Self.lost(nil)])
    }

    @Test func `what came before the first message is counted when it comes`() {
        var run = Run()
        run.receive(1)
        run.receive(3)
        _ = run.read(3)
        #expect(run.pass(.milliseconds(50)) == [Self.lost(1)])
    }

    @Test func `a socket that is reached twice is counted from what each link is told first`() {
        var run = Run()
        _ = run.read(0, on: 0)
        _ = run.read(5, on: 1, over: 7)
        run.receive(6, on: 1)
        _ = run.read(7, on: 1, over: 7)
        #expect(run.pass(.milliseconds(50)) == [Self.lost(1, on: 1)])
    }

    @Test func `two sockets of a publisher over one link are told apart by their connections`() {
        var run = Run()
        for (socket, connection) in [(0, 5), (1, 6)] as [(UInt64, Int32)] {
            _ = run.read(0, socket: socket, over: connection)
            run.accounts.received(1, on: "a.x", from: "p", over: 0, connection: connection, now: run.now)
            _ = run.read(1, socket: socket, over: connection)
        }
        #expect(run.pass(.seconds(1)) == [])
    }

    @Test func `a publisher that was given up is counted anew`() {
        var run = Run()
        _ = run.read(3)
        run.accounts.disconnected(5, on: 0, now: run.now)
        #expect(run.pass(.seconds(30)) == [Self.lost(3), Self.lost(nil)])
        _ = run.read(9)
        #expect(run.pass(.seconds(1)) == [])
        _ = run.read(10)
        #expect(run.pass(.seconds(1)) == [Self.lost(1)])
    }

    @Test func `a given-up announcement that was not closed leaves something unknown`() {
        var run = Run()
        _ = run.read(0)
        run.accounts.leaving(1)
        run.accounts.released(.text("a."), 1, isClosed: false, now: run.now)
        var report = Self.lost(nil)
        report.byPrefix = [.text("a."): 0]
        #expect(run.pass(.zero) == [report])
        #expect(run.read(4) == .current(confirmed: [], closed: []))
        #expect(run.pass(.seconds(1)) == [])
    }

    @Test func `what cannot be true is refused`() {
        var run = Run()
        _ = run.read(0)
        #expect(run.read(1 << 40) == .impossible)
        #expect(run.pass(.seconds(1)) == [])
    }
}
