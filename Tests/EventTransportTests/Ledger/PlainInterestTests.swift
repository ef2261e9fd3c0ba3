import EventCore
import Testing
import TransportSupport

@testable import EventTransport

/// Who gets the plain form: whoever asks for it and is no bus, which asks for it in case a publisher is none.
@Suite struct PlainInterestTests {
    private static let bus = "c8q3t0g1k2l3m4n5o6p7"
    private static let prefix = WirePrefix(of: "a.*")

    private var book = LedgerBook(retention: .seconds(30), retentionBytes: 1 << 20)
    private let now = ContinuousClock.now

    private mutating func come() {
        for prefix in [Self.prefix.plain, Self.prefix] { book.subscribed(prefix, by: Self.bus) }
        book.opened(inboxOf: Self.bus, now: now)
        book.announced(Self.prefix, by: Self.bus, incarnation: 1, now: now)
    }

    /// The connection of the bus ends, of which libzmq says nothing but its topics.
    private mutating func go(_ between: (LedgerBook) -> Void) {
        for prefix in [Self.prefix.plain, Self.prefix] { book.unsubscribed(prefix, by: nil) }
        between(book)
        book.closed(inboxOf: Self.bus, now: now)
        book.withdrawn(by: Self.bus, incarnation: 1, isGivenUp: false, now: now)
        book.left(Self.bus)
        book.settled()
    }

    @Test mutating func `a bus gets the compact form alone`() {
        come()
        let route = book.route(of: "a.b")
        #expect(route.isWanted && !route.isPlainlyWanted && route.isHeard && !route.hasStrangers)
        #expect(route.entries == [0])
    }

    @Test mutating func `a plain socket gets the plain form alone`() {
        book.subscribed(Self.prefix.plain, by: nil)
        let route = book.route(of: "a.b")
        #expect(!route.isWanted && route.isPlainlyWanted && route.isHeard && route.entries.isEmpty)
    }

    @Test mutating func `a plain socket that asks for the compact form is told who publishes`() {
        book.subscribed(Self.prefix, by: nil)
        let route = book.route(of: "a.b")
        #expect(route.isWanted && !route.isPlainlyWanted && route.isHeard && route.hasStrangers)
    }

    @Test mutating func `a plain socket goes on getting it while a bus leaves`() {
        book.subscribed(Self.prefix.plain, by: nil)
        come()
        #expect(book.route(of: "a.b").isPlainlyWanted)
        go { #expect($0.route(of: "a.b").isPlainlyWanted) }
        #expect(book.route(of: "a.b").isPlainlyWanted && !book.route(of: "a.b").isWanted)
    }

    @Test mutating func `what a bus asks for in plain goes with it`() {
        come()
        let before = book.generation
        go { _ in }
        #expect(!book.route(of: "a.b").isPlainlyWanted && book.generation != before)
        book.subscribed(Self.prefix.plain, by: nil)
        #expect(book.route(of: "a.b").isPlainlyWanted)
    }
}
