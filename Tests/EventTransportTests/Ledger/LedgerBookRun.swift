import EventCore
import TransportSupport

@testable import EventTransport

/// A book, and a clock to go with it.
struct LedgerBookRun {
    var now = ContinuousClock.now
    var book: LedgerBook
    var number: UInt64 = 0

    init(retention: Duration = .seconds(30), bytes: Int = 1 << 20) {
        book = LedgerBook(retention: retention, retentionBytes: bytes)
    }

    /// A bus comes over a connection, and announces prefixes.
    mutating func come(_ bus: String, _ prefixes: KeyValuePairs<UInt64, String>) {
        for (_, prefix) in prefixes { book.subscribed(.text(prefix), by: nil) }
        book.opened(inboxOf: bus, now: now)
        for (incarnation, prefix) in prefixes {
            book.announced(.text(prefix), by: bus, incarnation: incarnation, now: now)
        }
    }

    /// The connection of a bus ends.
    mutating func lose(_ bus: String, _ prefixes: KeyValuePairs<UInt64, String>) {
        for (_, prefix) in prefixes { book.unsubscribed(.text(prefix), by: nil) }
        book.closed(inboxOf: bus, now: now)
        for (incarnation, _) in prefixes {
            book.withdrawn(by: bus, incarnation: incarnation, isGivenUp: false, now: now)
        }
    }

    mutating func publish(_ subject: Subject, times: Int = 1) {
        let route = book.route(of: subject)
        for _ in 0..<times { book.count(route.entries) }
        number += UInt64(times)
    }

    mutating func message(to bus: String) -> LedgerMessage? {
        book.message(to: bus, from: "p", socket: 0, number: number, now: now)
    }

    mutating func lines(to bus: String) -> [LedgerMessage.Line] {
        (message(to: bus)?.lines ?? []).sorted { $0.incarnation < $1.incarnation }
    }

    mutating func read(by bus: String, over connection: Int32 = 1) {
        book.acknowledged(by: bus, serial: book.serial, over: connection)
    }

    mutating func pass(_ duration: Duration) -> [String] {
        now += duration
        return book.takeDue(now)
    }

    /// How long until the next call, and who is due then.
    mutating func next() -> (after: Duration, due: [String])? {
        guard let at = book.schedule(now) else { return nil }
        let pause = at - now
        return (pause, pass(pause))
    }
}
