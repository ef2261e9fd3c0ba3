import EventCore

/// The accounts of a bus with all publishers, and what is to be told of them.
///
/// A change of what is lost is told after a moment: what is left of a broken connection may come after the first of the
/// next one.
struct LedgerAccounts: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// One for each link, publisher and socket of it.
    private struct Key: Hashable {
        var link: Int
        var origin: String
        var socket: UInt64
    }

    private struct Entry {
        var key: Key
        var account = LedgerAccount()
        var pending = LedgerAccount.Change()
        var awaySince: Instant?
        /// Where envelopes on the last subject are counted.
        var lastSubject: Subject?
        var lastPlaces: [Int] = []
        var lastGeneration: UInt64 = .max
    }

    /// What has become of losses since the last time.
    struct Report: Equatable {
        var link: Int
        var origin: String
        /// How many more are lost, or fewer; `nil` when nobody can count them.
        var lost: Int?
        var byPrefix: [WirePrefix: Int] = [:]
    }

    /// How long a change has to stand.
    private static let moment = Duration.milliseconds(50)
    /// How many accounts there are at most; the ones gone for longest go first, or those that have been there for longest.
    private static let maximumCount = 4096

    private let retention: Duration
    private var entries: [Entry] = []
    /// The greatest numbers that have come from publishers that have told nothing yet; of no socket in particular.
    private var early: [Key: UInt64] = [:]
    /// The announcements that are in use, by prefix.
    private var announced = PrefixMap<[UInt64]>()
    private var announcedCount = 0
    /// The numbers of what has come for announcements before their first lines, by link and publisher; of no socket in
    /// particular.
    private var unbased: [Key: [UInt64: [UInt64]]] = [:]
    private var unknown: [Report] = []
    private var tellAt: Instant?

    /// Creates accounts with nobody; a publisher that is gone without a word is waited for so long.
    init(retention: Duration) {
        self.retention = retention
    }

    // MARK: Envelopes

    /// Whether a publisher keeps a ledger for this bus, so that its numbers by subject say nothing new.
    func isKept(by origin: String) -> Bool { entries.contains { $0.key.origin == origin } }

    /// Counts an envelope that has arrived.
    mutating func received(_ number: UInt64, on subject: Subject, from origin: String, over link: Int, now: Instant) {
        var isKept = false
        var isComplete = false
        for index in entries.indices where entries[index].key.link == link && entries[index].key.origin == origin {
            isKept = true
            if entries[index].lastGeneration != entries[index].account.generation
                || entries[index].lastSubject != subject
            {
                entries[index].lastPlaces = entries[index].account.places(of: subject)
                entries[index].lastSubject = subject
                entries[index].lastGeneration = entries[index].account.generation
            }
            if let change = entries[index].account.received(number, at: entries[index].lastPlaces) {
                add(change, to: index, now)
            }
            if entries[index].account.count >= announcedCount { isComplete = true }
        }
        if !isComplete { noteUnbased(number, subject, Key(link: link, origin: origin, socket: 0)) }
        guard !isKept else { return }
        if early.count >= Self.maximumCount { early = [:] }
        let key = Key(link: link, origin: origin, socket: 0)
        early[key] = max(number, early[key] ?? 0)
    }

    private mutating func noteUnbased(_ number: UInt64, _ subject: Subject, _ key: Key) {
        announced.forEach(covering: subject) { _, incarnations in
            for incarnation in incarnations where !hasBase(incarnation, key) {
                guard unbased.count < Self.maximumCount else { break }
                guard unbased[key]?[incarnation]?.count ?? 0 < Self.maximumUnbased else { continue }
                unbased[key, default: [:]][incarnation, default: []].append(number)
            }
            return true
        }
    }

    private func hasBase(_ incarnation: UInt64, _ key: Key) -> Bool {
        entries.contains {
            $0.key.link == key.link && $0.key.origin == key.origin && $0.account.has(incarnation)
        }
    }

    /// So many numbers are remembered for an announcement that a publisher does not answer.
    private static let maximumUnbased = 1 << 18

    // MARK: Messages

    /// What a message turns out to be.
    enum Reading: Equatable {
        /// Some announcements are in effect at the publisher, and some have ended there.
        case current(confirmed: [UInt64], closed: [UInt64])
        case outdated
        case impossible
    }

    /// Whether another connection that is open has brought the messages of a publisher's socket so far.
    ///
    /// A publisher has one connection at a time, so this one belongs to somebody else, or the other one is dead and has not
    /// been given up yet.
    func isHeld(_ message: LedgerMessage, on link: Int, against connection: Int32, isOpen: (Int32) -> Bool) -> Bool {
        let key = Key(link: link, origin: message.origin, socket: message.socket)
        guard let holder = entries.first(where: { $0.key == key })?.account.connection else { return false }
        return holder != connection && isOpen(holder)
    }

    /// Reads what a publisher tells.
    mutating func read(
        _ message: LedgerMessage,
        on link: Int,
        over connection: Int32,
        now: Instant,
        prefix: (UInt64) -> WirePrefix?
    ) -> Reading {
        let key = Key(link: link, origin: message.origin, socket: message.socket)
        let index = entries.firstIndex { $0.key == key } ?? add(key, now)
        let outcome: LedgerAccount.Outcome
        let numbers = unbased[Key(link: link, origin: message.origin, socket: 0)] ?? [:]
        let reading = entries[index].account.read(message, over: connection, prefix: prefix) { incarnation, born in
            let early = numbers[incarnation] ?? []
            return early.count < Self.maximumUnbased ? UInt64(early.count { $0 > born }) : nil
        }
        switch reading {
        case .current(let current): outcome = current
        case .outdated: return .outdated
        case .impossible: return .impossible
        }
        entries[index].awaySince = nil
        for incarnation in outcome.confirmed + outcome.closed {
            unbased[Key(link: link, origin: message.origin, socket: 0)]?[incarnation] = nil
        }
        add(outcome.change, to: index, now)
        if !outcome.forgotten.isEmpty {
            unknown.append(
                Report(link: link, origin: key.origin, lost: nil, byPrefix: [outcome.forgotten[0]: 0])
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
        var entry = Entry(key: key)
        if let number = early.removeValue(forKey: Key(link: key.link, origin: key.origin, socket: 0)) {
            _ = entry.account.received(number, at: [])
        }
        entries.append(entry)
        return entries.count - 1
    }

    private mutating func add(_ change: LedgerAccount.Change, to index: Int, _ now: Instant) {
        guard !change.isEmpty else { return }
        entries[index].pending.lost += change.lost
        entries[index].pending.byPrefix.merge(change.byPrefix, uniquingKeysWith: +)
        tellAt = tellAt ?? now + Self.moment
    }

    /// The bus has announced a prefix.
    mutating func announced(_ prefix: WirePrefix, _ incarnation: UInt64) {
        announced.update(prefix, initial: []) { $0.append(incarnation) }
        announcedCount += 1
    }

    /// The bus has given up an announcement, and nothing more comes that was counted for it.
    ///
    /// `isClosed` tells whether every publisher has said so; otherwise nobody knows what else it had counted.
    mutating func released(_ prefix: WirePrefix, _ incarnation: UInt64, isClosed: Bool, now: Instant) {
        announced.update(prefix, initial: []) { $0.removeAll { $0 == incarnation } }
        if announced[prefix]?.isEmpty == true { announced[prefix] = nil }
        announcedCount -= 1
        for key in unbased.keys { unbased[key]?[incarnation] = nil }
        if !isClosed, let entry = entries.first(where: { $0.account.has(incarnation) }) {
            unknown.append(Report(link: entry.key.link, origin: entry.key.origin, lost: nil, byPrefix: [prefix: 0]))
            tellAt = tellAt ?? now
        }
        released(incarnation)
    }

    private mutating func released(_ incarnation: UInt64) {
        for index in entries.indices { entries[index].account.released(incarnation) }
    }

    // MARK: Connections

    /// A connection of a link has ended, or with `nil` all of them.
    mutating func disconnected(_ connection: Int32?, on link: Int, now: Instant) {
        for index in entries.indices where entries[index].key.link == link {
            guard connection == nil || entries[index].account.connection == connection else { continue }
            entries[index].awaySince = entries[index].awaySince ?? now
        }
    }

    /// Another publisher has taken the place of those that were connected over a link.
    mutating func replaced(by origin: String, on link: Int, now: Instant) {
        for index in entries.indices.reversed()
        where entries[index].key.link == link && entries[index].key.origin != origin && entries[index].awaySince != nil
        {
            giveUp(index)
            tellAt = tellAt ?? now
        }
    }

    /// What a publisher that is gone without a word has published last, nobody knows.
    private mutating func giveUp(_ index: Int) {
        let entry = entries.remove(at: index)
        let report = Report(
            link: entry.key.link,
            origin: entry.key.origin,
            lost: entry.pending.lost,
            byPrefix: entry.pending.byPrefix
        )
        if !entry.pending.isEmpty { unknown.append(report) }
        if !entry.account.hasSaidLast {
            unknown.append(Report(link: entry.key.link, origin: entry.key.origin, lost: nil))
        }
    }

    // MARK: Telling

    /// When ``takeReports(_:)`` is to be called next.
    var deadline: Instant? {
        let forgetAt = entries.lazy.compactMap(\.awaySince).min().map { $0 + retention }
        return [tellAt, forgetAt].compactMap(\.self).min()
    }

    /// What there is to tell when nothing more comes.
    mutating func takeLastReports() -> [Report] {
        guard let tellAt else { return [] }
        return takeReports(tellAt)
    }

    /// What has stood for a moment.
    mutating func takeReports(_ now: Instant) -> [Report] {
        for index in entries.indices.reversed() {
            if let since = entries[index].awaySince, now - since >= retention {
                giveUp(index)
                tellAt = now
            }
        }
        guard let tellAt, tellAt <= now else { return [] }
        self.tellAt = nil
        var reports = unknown
        unknown = []
        for index in entries.indices {
            let (key, pending) = (entries[index].key, entries[index].pending)
            entries[index].pending = .init()
            guard !pending.isEmpty else { continue }
            reports.append(
                Report(link: key.link, origin: key.origin, lost: pending.lost, byPrefix: pending.byPrefix)
            )
        }
        return reports
    }
}
