import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct LedgerBookAwayTests {
    // MARK: Away

    @Test func `what is published while a bus is away is told when it comes back`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        let before = run.lines(to: "s")
        run.lose("s", [1: "a."])
        #expect(run.pass(.seconds(1)) == [])
        run.publish("a.x", times: 3)
        run.come("s", [1: "a."])
        let after = run.lines(to: "s")
        #expect(after.map(\.epoch) == before.map(\.epoch))
        #expect(after.map(\.total) == [3])
    }

    @Test func `every message is about all announcements, also those that have not been repeated yet`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a.b.", 2: "a."])
        run.lose("s", [1: "a.b.", 2: "a."])
        run.publish("a.b.c")
        run.come("s", [1: "a.b."])
        #expect(run.lines(to: "s").map(\.total) == [1, 0])
    }

    @Test func `whoever is away for longer than the retention time is forgotten`() {
        var run = LedgerBookRun(retention: .seconds(30))
        run.come("s", [1: "a."])
        let before = run.lines(to: "s")
        run.lose("s", [1: "a."])
        #expect(run.book.schedule(run.now) == run.now + .seconds(30))
        _ = run.pass(.seconds(30) - .milliseconds(1))
        #expect(!run.book.isEmpty)
        _ = run.pass(.milliseconds(1))
        #expect(run.book.isEmpty)
        #expect(run.book.schedule(run.now) == nil)
        run.come("s", [1: "a."])
        #expect(run.lines(to: "s")[0].epoch > before[0].epoch)
    }

    @Test func `coming back in time starts the clock again`() {
        var run = LedgerBookRun(retention: .seconds(30))
        for _ in 0..<3 {
            run.come("s", [1: "a."])
            _ = run.pass(.seconds(20))
            run.lose("s", [1: "a."])
            _ = run.pass(.seconds(20))
            #expect(!run.book.isEmpty)
        }
        _ = run.pass(.seconds(10))
        #expect(run.book.isEmpty)
    }

    @Test func `without retention whoever goes is forgotten`() {
        var run = LedgerBookRun(retention: .zero)
        run.come("s", [1: "a."])
        run.lose("s", [1: "a."])
        #expect(run.book.isEmpty)
    }

    @Test func `those gone for longest are forgotten when they take too much room`() {
        // Each takes 256 bytes and those of its prefix.
        var run = LedgerBookRun(bytes: 2 * 258)
        for bus in ["s", "t", "u", "v"] { run.come(bus, [1: "a."]) }
        for bus in ["t", "s", "u"] {
            _ = run.pass(.milliseconds(1))
            run.lose(bus, [1: "a."])
        }
        #expect(run.book.route(of: "a.x").entries.count == 3)
        run.come("t", [1: "a."])
        run.come("s", [1: "a."])
        run.publish("a.x")
        // "t" has another epoch now, which the next one has not.
        let epochs = ["t", "s", "u", "v"].compactMap { run.lines(to: $0).first?.epoch }
        #expect(epochs[0] > epochs.dropFirst().max()!)
    }

    @Test func `a bus that has given up a prefix does not come back to it`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.book.withdrawn(by: "s", incarnation: 1, isGivenUp: true, number: 7, now: run.now)
        run.book.unsubscribed(.text("a."), by: nil)
        #expect(run.book.isEmpty)
        #expect(run.lines(to: "s").map(\.closed) == [7])
    }

    @Test func `what a bus gave up while it was away is closed when it has announced all else`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a.", 2: "b."])
        run.lose("s", [1: "a.", 2: "b."])
        run.publish("a.x")
        run.come("s", [2: "b."])
        #expect(run.book.route(of: "a.x").entries.count == 1)
        run.book.isComplete("s", number: run.number, now: run.now)
        #expect(run.book.route(of: "a.x").entries == [])
        #expect(run.book.route(of: "b.x").entries.count == 1)
        let line = run.lines(to: "s").first
        #expect(line?.total == 1 && line?.closed == 1)
        run.read(by: "s")
        #expect(run.lines(to: "s") == [])
        run.book.isComplete("nobody", now: run.now)
    }

    @Test func `a prefix wanted anew is counted for the new announcement`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.lose("s", [1: "a."])
        run.publish("a.x")
        run.come("s", [2: "a."])
        run.publish("a.x", times: 2)
        #expect(run.lines(to: "s").map(\.total) == [1, 2])
    }

    @Test func `the last line of what was given up is owed across connections`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.publish("a.x")
        run.book.withdrawn(by: "s", incarnation: 1, isGivenUp: true, number: 1, now: run.now)
        run.lose("s", [:])
        run.come("s", [:])
        #expect(run.lines(to: "s").map(\.closed) == [1])
        run.lose("s", [:])
        _ = run.pass(.seconds(30))
        run.come("s", [:])
        #expect(run.lines(to: "s") == [])
    }

    @Test func `when the socket is replaced all are away, and those who wanted nothing are forgotten`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.book.opened(inboxOf: "t", now: run.now)
        run.book.lostAllConnections(now: run.now)
        #expect(run.book.inboxes == [])
        #expect(run.message(to: "t") == nil)
        #expect(!run.book.route(of: "a.x").isWanted)
        run.publish("a.x")
        run.come("s", [1: "a."])
        #expect(run.lines(to: "s").map(\.total) == [1])
    }

    // MARK: Two connections of one bus

    @Test func `what is announced over two connections is away when both have ended`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.come("s", [1: "a."])
        #expect(run.book.route(of: "a.x").entries.count == 1)
        run.lose("s", [1: "a."])
        _ = run.pass(.seconds(60))
        #expect(run.book.route(of: "a.x").isWanted)
        run.lose("s", [1: "a."])
        _ = run.pass(.seconds(60))
        #expect(run.book.isEmpty)
    }

    @Test func `a message counts as read when it was read over every connection`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.come("s", [1: "a."])
        _ = run.message(to: "s")
        run.read(by: "s", over: 1)
        run.read(by: "s", over: 1)
        #expect(run.next()?.after == .milliseconds(100))
        #expect(run.lines(to: "s").count == 1)
        run.read(by: "s", over: 2)
        #expect(run.lines(to: "s") == [])
    }

    @Test func `a connection that does not read keeps the others waiting no longer than it lives`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        run.come("s", [1: "a."])
        _ = run.message(to: "s")
        run.read(by: "s", over: 2)
        run.lose("s", [1: "a."])
        #expect(run.next()?.due == ["s"])
        #expect(run.lines(to: "s").count == 1)
        run.read(by: "s", over: 2)
        #expect(run.book.schedule(run.now) == nil)
    }

    // MARK: Places

    @Test func `places that are used again mix nothing up`() {
        var run = LedgerBookRun(retention: .zero)
        var expected: [String: [UInt64: UInt64]] = [:]
        var incarnation: UInt64 = 0
        var prefixes: [UInt64: String] = [:]
        for _ in 0..<3000 {
            let bus = ["s", "t", "u"].randomElement()!
            switch Int.random(in: 0..<6) {
            case 0 where expected[bus] == nil:
                run.come(bus, [:])
                expected[bus] = [:]
            case 1 where expected[bus] != nil:
                incarnation += 1
                prefixes[incarnation] = ["a.", "a.b.", "b."].randomElement()!
                let prefix = WirePrefix.text(prefixes[incarnation]!)
                run.book.announced(prefix, by: bus, incarnation: incarnation, now: run.now)
                expected[bus]?[incarnation] = 0
            case 2:
                guard let old = expected[bus]?.keys.randomElement() else { continue }
                run.book.withdrawn(by: bus, incarnation: old, isGivenUp: Bool.random(), now: run.now)
                expected[bus]?[old] = nil
            case 3:
                guard let all = expected.removeValue(forKey: bus) else { continue }
                run.book.closed(inboxOf: bus, now: run.now)
                for old in all.keys { run.book.withdrawn(by: bus, incarnation: old, isGivenUp: false, now: run.now) }
            case 4:
                guard run.message(to: bus) != nil else { continue }
                if Bool.random() { run.read(by: bus) }
            default:
                let subject = (["a.x", "a.b.x", "b.x"] as [Subject]).randomElement()!
                run.publish(subject)
                for (bus, totals) in expected {
                    let longest = totals.keys.filter { WirePrefix.text(prefixes[$0]!).covers(subject) }
                        .max { (prefixes[$0]!.utf8.count, $0) < (prefixes[$1]!.utf8.count, $1) }
                    if let longest { expected[bus]?[longest]? += 1 }
                }
            }
            for (bus, totals) in expected {
                for line in run.lines(to: bus) where line.closed == nil {
                    #expect(totals[line.incarnation] == line.total)
                }
            }
        }
        // Each is told once more, and so all can be compared.
        for (bus, totals) in expected {
            for (old, _) in totals {
                run.book.announced(.text(prefixes[old]!), by: bus, incarnation: old, now: run.now)
            }
            #expect(
                Dictionary(
                    uniqueKeysWithValues: run.lines(to: bus).filter { $0.closed == nil }.map {
                        ($0.incarnation, $0.total)
                    }
                ) == totals
            )
        }
    }
}
