import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct LedgerBookTests {
    // MARK: Routes and totals

    @Test func `a route leads to who is there, and counts for who is away as well`() {
        var run = LedgerBookRun()
        #expect(run.book.isEmpty)
        #expect(run.book.route(of: "a.b") == LedgerBook.Route())
        run.come("s", [1: "a.", 2: "a.b."])
        run.come("t", [1: "a."])
        let both = run.book.route(of: "a.b.c")
        #expect(both.isWanted && both.entries.count == 2)
        let generation = run.book.generation
        run.lose("s", [1: "a.", 2: "a.b."])
        run.lose("t", [1: "a."])
        #expect(run.book.generation != generation)
        let away = run.book.route(of: "a.b.c")
        #expect(!away.isWanted && away.entries.count == 2)
        #expect(!run.book.isEmpty)
    }

    @Test func `plain subscriptions are wanted and not counted`() {
        var run = LedgerBookRun()
        run.book.subscribed(.text("a."), by: nil)
        run.book.subscribed(.text("a."), by: nil)
        let route = run.book.route(of: "a.b")
        #expect(route.isWanted && route.isHeard && route.entries.isEmpty)
        run.book.unsubscribed(.text("a."), by: nil)
        #expect(run.book.route(of: "a.b").isWanted)
        run.book.unsubscribed(.text("a."), by: nil)
        run.book.unsubscribed(.text("a."), by: nil)
        #expect(run.book.isEmpty)
        #expect(run.book.schedule(run.now) == nil)
    }

    @Test func `an envelope counts once for each bus, at the longest prefix that it has announced`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a.", 2: "a.b."])
        run.come("t", [1: ""])
        run.publish("a.b.c", times: 2)
        run.publish("a.x")
        run.publish("z")
        #expect(run.lines(to: "s").map(\.total) == [1, 2])
        #expect(run.lines(to: "t").map(\.total) == [4])
        #expect(run.message(to: "s")?.number == 4)
        #expect(run.message(to: "nobody") == nil)
    }

    @Test func `only what has changed is told, until it is acknowledged`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a.", 2: "b."])
        #expect(run.lines(to: "s").count == 2)
        run.read(by: "s")
        #expect(run.lines(to: "s") == [])
        run.publish("b.x")
        #expect(run.lines(to: "s").map(\.incarnation) == [2])
        run.publish("a.x")
        #expect(run.lines(to: "s").map(\.incarnation) == [1, 2])
    }

    @Test func `an acknowledgement of an earlier message covers nothing that has changed since`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a.", 2: "b."])
        _ = run.message(to: "s")
        let serial = run.book.serial
        run.publish("a.x")
        _ = run.message(to: "s")
        run.book.acknowledged(by: "s", serial: serial, over: 1)
        #expect(run.lines(to: "s").map(\.incarnation) == [1])
        run.book.acknowledged(by: "s", serial: 1000, over: 1)
        run.book.acknowledged(by: "nobody", serial: 1, over: 1)
        #expect(run.lines(to: "s").map(\.incarnation) == [1])
        run.read(by: "s")
        run.book.acknowledged(by: "s", serial: serial, over: 1)
        #expect(run.lines(to: "s") == [])
    }

    // MARK: Times

    @Test func `an announcement is answered at once, a change 20 ms later, and again until it is acknowledged`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        #expect(run.book.takeDue(run.now) == ["s"])
        _ = run.message(to: "s")
        run.read(by: "s")
        #expect(run.book.schedule(run.now) == nil)
        run.publish("a.x")
        #expect(run.book.takeDue(run.now) == [])
        var pauses: [Duration] = []
        for _ in 0..<6 {
            let next = run.next()
            #expect(next?.due == ["s"])
            pauses.append(next?.after ?? .zero)
            #expect(run.message(to: "s") != nil)
        }
        #expect(pauses == [20, 100, 300, 1000, 1000, 1000].map { .milliseconds($0) })
        run.read(by: "s")
        #expect(run.book.schedule(run.now) == nil)
        run.publish("a.x")
        #expect(run.next()?.after == .milliseconds(20))
    }

    @Test func `a burst puts nothing off`() {
        var run = LedgerBookRun()
        run.come("s", [1: "a."])
        _ = run.message(to: "s")
        run.read(by: "s")
        run.publish("a.x")
        _ = run.book.schedule(run.now)
        #expect(run.pass(.milliseconds(15)) == [])
        run.publish("a.x")
        #expect(run.next()?.after == .milliseconds(5))
    }

    @Test func `whoever opens an inbox is told who publishes, and nothing else`() {
        var run = LedgerBookRun()
        run.book.opened(inboxOf: "s", now: run.now)
        #expect(run.book.takeDue(run.now) == ["s"])
        #expect(run.lines(to: "s") == [])
        #expect(run.book.schedule(run.now) == nil)
        #expect(run.book.inboxes == ["s"])
        run.book.closed(inboxOf: "s", now: run.now)
        run.book.closed(inboxOf: "s", now: run.now)
        #expect(run.book.inboxes == [])
    }
}
