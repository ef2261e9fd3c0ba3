import EventCore

/// What the bus has received from others, beside what they say they have published.
struct ReceivedBooks: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A loss that is to be told, or one that turned out to be only late.
    struct Report: Sendable, Equatable {
        var origin: String
        /// `nil` when nobody could count it.
        var lost: Int?
    }

    private struct Entry: Sendable {
        var account = ReceivedAccount()
        var heardAt: Instant
        /// The last envelope by the time of the last look.
        var seen: UInt64 = 0
        /// Since when nobody listens at its inbox.
        var awaySince: Instant?
    }

    /// After how much silence a publisher is asked whether it is there.
    static let silence = Duration.seconds(5)
    static let maximumCount = 1 << 12
    /// How many arrivals are remembered in all until it is known where they were counted.
    private let maximumWaiting: Int

    private(set) var own = OwnInterest()
    private var entries: [String: Entry] = [:]
    private(set) var waitingCount = 0

    init(maximumWaiting: Int = 1 << 18) {
        self.maximumWaiting = maximumWaiting
    }

    mutating func changed(_ change: InterestChange) {
        _ = own.change(change.pattern, isWanted: change.isWanted)
        for origin in entries.keys { entries[origin]?.account.interestChanges() }
    }

    /// An envelope has arrived.
    ///
    /// - Parameters:
    ///   - number: Its number among all of its origin.
    ///   - subject: Its subject.
    ///   - origin: The bus that published it.
    ///   - isContinued: Whether it came in one message with the one before.
    ///   - isCurrent: Whether it came for a pattern that is wanted now.
    /// - Returns: Whether it is to be delivered, and by how much that changes what was said to be lost.
    mutating func arrived(
        _ number: UInt64,
        on subject: Subject,
        from origin: String,
        isContinued: Bool = false,
        isCurrent: Bool
    ) -> (isFirst: Bool, report: Report?) {
        guard entries[origin] != nil || entries.count < Self.maximumCount else { return (true, nil) }
        let own = own
        let hasRoom = waitingCount < maximumWaiting
        let (arrival, late) = Self.change(&entries[origin, default: Entry(heardAt: .now)].account, &waitingCount) {
            $0.arrived(number, on: subject, isContinued: isContinued, hasRoom: hasRoom) {
                isCurrent && $0 == own.version || own.wanted(subject, in: $0)
            }
        }
        return (arrival == .first, late.lost == 0 ? nil : Report(origin: origin, lost: late.lost))
    }

    /// Changes an account, and counts what is remembered there.
    private static func change<Result>(
        _ account: inout ReceivedAccount,
        _ waitingCount: inout Int,
        _ body: (inout ReceivedAccount) -> Result
    ) -> Result {
        waitingCount -= account.waitingCount
        defer { waitingCount += account.waitingCount }
        return body(&account)
    }

    /// A publisher says how much there was.
    mutating func read(_ lines: LedgerLines, now: Instant) -> [Report] {
        guard entries[lines.bus] != nil || entries.count < Self.maximumCount else { return [] }
        let own = own
        entries[lines.bus, default: Entry(heardAt: now)].heardAt = now
        entries[lines.bus]?.awaySince = nil
        let read = Self.change(&entries[lines.bus, default: Entry(heardAt: now)].account, &waitingCount) {
            $0.read(lines, current: own.version) { own.wanted($0, in: $1) }
        }
        guard let outcome = read else { return [] }
        var reports: [Report] = []
        if outcome.lost != 0 { reports.append(Report(origin: lines.bus, lost: outcome.lost)) }
        if outcome.isUnknown { reports.append(Report(origin: lines.bus, lost: nil)) }
        return reports
    }

    /// A publisher has answered.
    mutating func heard(_ origin: String, now: Instant) {
        entries[origin]?.heardAt = now
        entries[origin]?.awaySince = nil
    }

    /// A publisher has said goodbye; what it had published last is in its last message, or nobody knows.
    mutating func left(_ origin: String) -> Report? {
        guard let entry = entries.removeValue(forKey: origin) else { return nil }
        waitingCount -= entry.account.waitingCount
        return entry.account.hasSaidLast ? nil : Report(origin: origin, lost: nil)
    }

    mutating func isAway(_ origin: String, now: Instant) {
        guard entries[origin] != nil, entries[origin]?.awaySince == nil else { return }
        entries[origin]?.awaySince = now
    }

    /// Those that have been silent for a while, to be asked whether they are there.
    mutating func takeSilent(_ now: Instant) -> [String] {
        for (origin, entry) in entries where entry.account.lastArrival != entry.seen {
            entries[origin]?.seen = entry.account.lastArrival
            entries[origin]?.heardAt = now
            entries[origin]?.awaySince = nil
        }
        let silent = entries.filter { now - $0.value.heardAt >= Self.silence }.keys.sorted()
        for origin in silent { entries[origin]?.heardAt = now }
        return silent
    }

    /// Gives up those that have been away for too long: what they had published last, nobody knows.
    mutating func takeGone(_ now: Instant) -> [Report] {
        let gone = entries.filter { $0.value.awaySince.map { now - $0 >= SentBook.retention } ?? false }.keys.sorted()
        return gone.compactMap { left($0) }
    }
}
