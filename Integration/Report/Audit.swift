import IntegrationSupport

/// Compares what buses say with each other and with what the processes know.
struct Audit: Sendable {
    /// By when the accounts have to be right.
    static let limit = Duration.seconds(2)

    private(set) var accounts: [Account] = []
    private(set) var faults: [String] = []
    private(set) var settling = Duration.zero

    // MARK: Saying

    /// Notes what is wrong unless a condition holds.
    mutating func expect(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition { faults.append(fault()) }
    }

    mutating func add(_ account: Account, settling: Duration = .zero) {
        accounts.append(account)
        self.settling = max(self.settling, settling)
    }

    private mutating func add(_ finding: Finding) {
        add(finding.account, settling: finding.settling)
        faults += finding.faults
    }

    // MARK: Settling

    /// Waits until the accounts of subscribers say what has become of all that publishers have sent, and checks them.
    ///
    /// - Parameters:
    ///   - publishers: Who publishes.
    ///   - subscribers: Who each had asked for all of it before the first was published.
    ///   - besides: What has been sent to each by others; negative for what was sent before it asked.
    ///   - patterns: Subscriptions that receive each envelope once between them; all unless given.
    /// - Returns: The books of the subscribers, in their order.
    /// - Throws: When a process does not answer.
    @discardableResult
    mutating func settle(
        _ publishers: [Peer],
        at subscribers: [Peer],
        besides: Int = 0,
        patterns: [String]? = nil
    ) async throws -> [Books] {
        let quiet = ContinuousClock.now
        var sent = besides
        for publisher in publishers {
            let books = try await publisher.books()
            sent += books.sent
            expect(
                books.published == books.sent + books.unheard,
                "\(publisher.name) published \(books.published) and says it sent \(books.sent), \(books.unheard) unheard"
            )
        }
        let findings = try await withThrowingTaskGroup { [sent] group in
            for (index, subscriber) in subscribers.enumerated() {
                group.addTask {
                    (index, try await Finding(sent: sent, at: subscriber, since: quiet, patterns: patterns))
                }
            }
            return try await group.reduce(into: [(Int, Finding)]()) { $0.append($1) }
        }
        let sorted = findings.sorted { $0.0 < $1.0 }.map(\.1)
        for finding in sorted { add(finding) }
        return sorted.map(\.books)
    }

    @discardableResult
    mutating func settle(_ publisher: Peer, at subscriber: Peer, besides: Int = 0) async throws -> Books {
        try await settle([publisher], at: [subscriber], besides: besides)[0]
    }
}

extension Audit {
    /// What came of one subscriber.
    private struct Finding: Sendable {
        let account: Account
        let books: Books
        let settling: Duration
        var faults: [String] = []

        init(sent: Int, at subscriber: Peer, since quiet: ContinuousClock.Instant, patterns: [String]?) async throws {
            var time = Duration.zero
            try await subscriber.poll(patterns) { books in
                time = .now - quiet
                return books.received + books.lost == sent || time > Audit.limit
            }
            settling = time
            books = try await subscriber.booksAtRest(patterns)
            account = Account(
                sent: sent,
                received: books.received,
                lost: books.lost,
                dropped: books.dropped + books.overflowed
            )
            check(subscriber.name)
        }

        private mutating func check(_ name: String) {
            if settling > Audit.limit { faults.append("\(name) is not right \(Audit.limit) after the last publish") }
            if account.unexplained != 0 {
                faults.append(
                    "\(name) should have \(account.sent), has received \(account.received) and says it lost \(account.lost)"
                )
            }
            let readers = books.readers
            if readers.handed != readers.taken {
                faults.append("\(name)'s subscriptions handed out \(readers.handed), its readers took \(readers.taken)")
            }
            if readers.repeated > 0 { faults.append("\(name)'s readers got \(readers.repeated) twice") }
            if readers.dropped != books.dropped {
                faults.append("\(name) says it dropped \(books.dropped), its subscriptions \(readers.dropped)")
            }
            let kept = readers.foreign + readers.buffered + readers.dropped + books.overflowed + books.exchanged
            if kept != books.received {
                faults.append("\(name) received \(books.received), and \(kept) of them can be found")
            }
        }
    }
}

extension Peer {
    /// How long readers may stand still before they count as done.
    private static let patience = Duration.seconds(5)

    /// The books, once readers have taken all that came, or take nothing more.
    fileprivate func booksAtRest(_ patterns: [String]?) async throws -> Books {
        var last: Books?
        var since = ContinuousClock.now
        return try await poll(patterns) { books in
            if books != last { (last, since) = (books, .now) }
            let readers = books.readers
            let found = readers.foreign + readers.dropped + books.overflowed + books.exchanged
            let isDone = readers.buffered == 0 && readers.handed == readers.taken && found == books.received
            return isDone || .now - since > Self.patience
        }
    }
}
