package import EventCore

/// The accounts of a bus with all publishers, and what is to be told of them.
///
/// A change of what is lost is told after a moment: what is left of a broken connection may come after the first of the
/// next one.
package struct LedgerAccounts: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// One for each link, publisher and socket of it.
    private struct Key: Hashable {
        var source: Source
        var socket: UInt64
    }

    /// Where envelopes come from.
    private struct Source: Hashable {
        var link: Int
        var origin: String
    }

    private struct Entry {
        var key: Key
        var account: LedgerAccount
        var pending = LedgerAccount.Change()
        var awaySince: Instant?
        /// Where envelopes on the last subject are counted; `nil` where only the next message tells.
        var lastSubject: Subject?
        var lastPlaces: [Int]?
        var lastGeneration: UInt64 = .max
    }

    /// What has become of losses since the last time.
    package struct Report: Equatable {
        package var link: Int
        package var origin: String
        /// How many more are lost, or fewer; `nil` when nobody can count them.
        package var lost: Int?
        package var byPrefix: [WirePrefix: Int] = [:]
    }

    /// How long a change has to stand.
    private static let moment = Duration.milliseconds(50)
    /// How many accounts there are at most; the ones gone for longest go first, or those that have been there for longest.
    private static let maximumCount = 4096
    /// So many envelopes of a publisher are kept until a message tells where they were counted.
    private static let maximumWaiting = 1 << 18

    private let retention: Duration
    private var entries: [Entry] = []
    private var indices: [Source: [Int]] = [:]
    /// Where the last envelope came from.
    private var lastSource: Source?
    private var lastIndices: [Int] = []
    /// What has come from publishers that have told nothing yet.
    private var early: [Source: LedgerAccount] = [:]
    /// Since when a connection has been gone that these may have come over.
    private var earlyAwaySince: [Source: Instant] = [:]
    /// Those whose accounts were given up, and whether there were too many.
    private var gone: Set<Key> = []
    private var hasForgottenGone = false
    private var announcements = KnownAnnouncements()
    private var unknown: [Report] = []
    private var tellAt: Instant?

    /// Creates accounts with nobody; a publisher that is gone without a word is waited for so long.
    package init(retention: Duration) {
        self.retention = retention
    }

    // MARK: Envelopes

    /// Whether a publisher keeps a ledger for this bus, so that its numbers by subject say nothing new.
    package func isKept(by origin: String) -> Bool { entries.contains { $0.key.source.origin == origin } }

    /// Counts an envelope that has arrived; where several sockets of a publisher lead to one of this bus, the connection
    /// tells them apart.
    package mutating func received(
        _ number: UInt64,
        on subject: Subject,
        from origin: String,
        over link: Int,
        connection: @autoclosure () -> Int32? = nil,
        now: Instant
    ) {
        let numbers = CollectionOfOne(number)
        received(numbers.span, on: subject, from: origin, over: link, connection: connection(), now: now)
    }

    /// Counts envelopes that have arrived together, in their order, as each alone.
    package mutating func received(
        _ numbers: Span<UInt64>,
        on subject: Subject,
        from origin: String,
        over link: Int,
        connection: @autoclosure () -> Int32? = nil,
        now: Instant
    ) {
        if lastSource?.link != link || lastSource?.origin != origin {
            let source = Source(link: link, origin: origin)
            lastIndices = indices[source] ?? []
            lastSource = source
        }
        guard !lastIndices.isEmpty else { return keepEarly(numbers, subject, Source(link: link, origin: origin)) }
        let connection = lastIndices.count > 1 ? connection() : nil
        for index in lastIndices where connection == nil || entries[index].account.connection == connection {
            let generation = entries[index].account.generation &+ announcements.generation
            if entries[index].lastGeneration != generation || entries[index].lastSubject != subject {
                entries[index].lastPlaces = announcements.places(of: subject, in: entries[index].account)
                entries[index].lastSubject = subject
                entries[index].lastGeneration = generation
            }
            if let places = entries[index].lastPlaces {
                for place in numbers.indices {
                    if let change = entries[index].account.received(numbers[place], at: places) {
                        add(change, to: index, now)
                    }
                }
            } else {
                for place in numbers.indices {
                    entries[index].account.wait(numbers[place], on: subject, limit: Self.maximumWaiting)
                }
            }
        }
    }

    private mutating func keepEarly(_ numbers: Span<UInt64>, _ subject: Subject, _ source: Source) {
        if early[source] == nil, early.count >= Self.maximumCount { early = [:] }
        for place in numbers.indices {
            early[source, default: LedgerAccount()].wait(numbers[place], on: subject, limit: Self.maximumWaiting)
        }
    }

    // MARK: Messages

    /// What a message turns out to be.
    package enum Reading: Equatable {
        /// Some announcements are in effect at the publisher, and some have ended there.
        case current(confirmed: [UInt64], closed: [UInt64])
        case outdated
        case impossible
    }

    /// Whether another connection that is open has brought the messages of a publisher's socket so far.
    ///
    /// A publisher has one connection at a time, so this one belongs to somebody else, or the other one is dead and has not
    /// been given up yet.
    package func isHeld(_ message: LedgerMessage, on link: Int, against connection: Int32, isOpen: (Int32) -> Bool)
        -> Bool
    {
        guard let index = index(of: message, on: link), let holder = entries[index].account.connection else {
            return false
        }
        return holder != connection && isOpen(holder)
    }

    private func index(of message: LedgerMessage, on link: Int) -> Int? {
        indices[Source(link: link, origin: message.origin)]?.first { entries[$0].key.socket == message.socket }
    }

    /// Reads what a publisher tells.
    package mutating func read(_ message: LedgerMessage, on link: Int, over connection: Int32, now: Instant) -> Reading
    {
        let key = Key(source: Source(link: link, origin: message.origin), socket: message.socket)
        let index = index(of: message, on: link) ?? add(key, now)
        let outcome: LedgerAccount.Outcome
        let isShared = hasOther(key)
        let announcements = announcements
        let reading = entries[index].account.read(message, over: connection, isShared: isShared) { announcements[$0] }
        switch reading {
        case .current(let current): outcome = current
        case .outdated: return .outdated
        case .impossible: return .impossible
        }
        entries[index].awaySince = nil
        add(outcome.change, to: index, now)
        if !outcome.forgotten.isEmpty {
            unknown.append(
                Report(link: link, origin: message.origin, lost: nil, byPrefix: [outcome.forgotten[0]: 0])
            )
            tellAt = tellAt ?? now
        }
        return .current(confirmed: outcome.confirmed, closed: outcome.closed)
    }

    private mutating func add(_ key: Key, _ now: Instant) -> Int {
        if entries.count >= Self.maximumCount {
            let since = entries.map { $0.awaySince ?? now }
            if let first = since.indices.min(by: { since[$0] < since[$1] }) { giveUp(first) }
        }
        // Over another link, or before it was given up, it may have counted already.
        let isFirst = !gone.contains(key) && !hasForgottenGone && !hasOther(key)
        earlyAwaySince[key.source] = nil
        let account = early.removeValue(forKey: key.source).flatMap { isFirst ? $0 : nil }
        entries.append(Entry(key: key, account: account ?? LedgerAccount(isFirst: isFirst)))
        indices[key.source, default: []].append(entries.count - 1)
        lastSource = nil
        return entries.count - 1
    }

    /// Whether the same socket is there over another link.
    private func hasOther(_ key: Key) -> Bool {
        guard indices.count > 1 else { return false }
        return entries.contains {
            $0.key.socket == key.socket && $0.key.source.origin == key.source.origin
                && $0.key.source.link != key.source.link
        }
    }

    private mutating func add(_ change: LedgerAccount.Change, to index: Int, _ now: Instant) {
        guard !change.isEmpty else { return }
        entries[index].pending.lost += change.lost
        entries[index].pending.byPrefix.merge(change.byPrefix, uniquingKeysWith: +)
        tellAt = tellAt ?? now + Self.moment
    }

    // MARK: Announcements

    /// The bus has announced a prefix.
    package mutating func announced(_ prefix: WirePrefix, _ incarnation: UInt64) {
        announcements.add(prefix, incarnation)
    }

    /// The bus has given up an announcement, and goes on listening until it has been closed.
    package mutating func leaving(_ incarnation: UInt64) {
        announcements.leave(incarnation)
    }

    /// The bus listens no longer for an announcement that it has given up.
    ///
    /// `isClosed` tells whether every publisher that was there has closed it; otherwise nobody knows what else it had
    /// counted.
    package mutating func released(_ prefix: WirePrefix, _ incarnation: UInt64, isClosed: Bool, now: Instant) {
        var isOpen = false
        for index in entries.indices where entries[index].account.released(incarnation) && !isClosed && !isOpen {
            let source = entries[index].key.source
            unknown.append(Report(link: source.link, origin: source.origin, lost: nil, byPrefix: [prefix: 0]))
            tellAt = tellAt ?? now
            isOpen = true
        }
        announcements.release(incarnation)
    }

    // MARK: Connections

    /// A connection of a link has ended, or with `nil` all of them.
    package mutating func disconnected(_ connection: Int32?, on link: Int, now: Instant) {
        for source in early.keys where source.link == link { earlyAwaySince[source] = earlyAwaySince[source] ?? now }
        for index in entries.indices where entries[index].key.source.link == link {
            guard connection == nil || entries[index].account.connection == connection else { continue }
            entries[index].awaySince = entries[index].awaySince ?? now
        }
    }

    /// Another publisher has taken the place of those that were connected over a link.
    package mutating func replaced(by origin: String, on link: Int, now: Instant) {
        for index in entries.indices.reversed()
        where entries[index].key.source.link == link && entries[index].key.source.origin != origin
            && entries[index].awaySince != nil
        {
            giveUp(index)
            tellAt = tellAt ?? now
        }
    }

    /// What a publisher that is gone without a word has published last, nobody knows.
    private mutating func giveUp(_ index: Int) {
        let entry = entries.remove(at: index)
        indices = Dictionary(grouping: entries.indices) { entries[$0].key.source }
        lastSource = nil
        if gone.count >= Self.maximumCount { (gone, hasForgottenGone) = ([], true) }
        gone.insert(entry.key)
        let (source, pending) = (entry.key.source, entry.pending)
        if !pending.isEmpty {
            unknown.append(
                Report(link: source.link, origin: source.origin, lost: pending.lost, byPrefix: pending.byPrefix)
            )
        }
        if !entry.account.hasSaidLast {
            unknown.append(Report(link: source.link, origin: source.origin, lost: nil))
        }
    }

    // MARK: Telling

    /// When ``takeReports(_:)`` is to be called next.
    package var deadline: Instant? {
        // Asked for before each wait, so nothing is allocated for it.
        var first = tellAt
        func consider(_ deadline: Instant) { first = min(first ?? deadline, deadline) }
        for index in entries.indices { if let since = entries[index].awaySince { consider(since + retention) } }
        for since in earlyAwaySince.values { consider(since + retention) }
        return first
    }

    /// What there is to tell when nothing more comes: those who are away are not waited for any longer.
    package mutating func takeLastReports() -> [Report] {
        for index in entries.indices.reversed() where entries[index].awaySince != nil { giveUp(index) }
        giveUpEarly { _ in true }
        let now = tellAt ?? .now
        tellAt = now
        return takeReports(now)
    }

    /// Publishers that went before they told anything: what they had published, nobody knows.
    private mutating func giveUpEarly(where isLate: (Instant) -> Bool) {
        for (source, since) in earlyAwaySince where isLate(since) {
            earlyAwaySince[source] = nil
            guard early.removeValue(forKey: source) != nil else { continue }
            unknown.append(Report(link: source.link, origin: source.origin, lost: nil))
        }
    }

    /// What has stood for a moment.
    package mutating func takeReports(_ now: Instant) -> [Report] {
        for index in entries.indices.reversed() {
            if let since = entries[index].awaySince, now - since >= retention {
                giveUp(index)
                tellAt = now
            }
        }
        if earlyAwaySince.contains(where: { now - $0.value >= retention }) {
            let retention = retention
            giveUpEarly { now - $0 >= retention }
            tellAt = now
        }
        guard let tellAt, tellAt <= now else { return [] }
        self.tellAt = nil
        var reports = unknown
        unknown = []
        for index in entries.indices {
            let (source, pending) = (entries[index].key.source, entries[index].pending)
            entries[index].pending = .init()
            guard !pending.isEmpty else { continue }
            reports.append(
                Report(link: source.link, origin: source.origin, lost: pending.lost, byPrefix: pending.byPrefix)
            )
        }
        return reports
    }
}
