import EventCore

/// What a bus has received from one publishing socket over one link, beside what that publisher says it has published.
///
/// A publisher counts each envelope once: at the longest of the announced prefixes that cover its subject, and of several
/// announcements of one prefix at the last. So the differences between what is said and what has come add up, however
/// prefixes nest. Which announcement an envelope was counted at follows from its number: each is in effect from the number
/// it was born at until the one it was closed at.
struct LedgerAccount: Sendable, Hashable {
    private struct Record: Hashable {
        let incarnation: UInt64
        let prefix: WirePrefix
        var epoch: UInt64
        /// The number of the last envelope before it was in effect.
        var born: UInt64
        /// The number of the last envelope before it ended.
        var closed: UInt64?
        /// What came up to this number is in nobody's count.
        var base: UInt64
        /// The last total, the number of the message that had it, and what has been received beyond that.
        var total: UInt64
        var lineNumber: UInt64
        var received: UInt64 = 0
        /// The bus has given it up without having been told what was counted last.
        var isGivenUp: Bool
        /// It has ended, and all that was counted for it is here.
        var isOver = false

        func isInEffect(at number: UInt64) -> Bool { born < number && number <= closed ?? .max }
    }

    /// What a message turns out to be.
    enum Reading: Equatable {
        case current(Outcome)
        /// It was overtaken: left over in the pipe of a connection that broke, it comes after what came over the next one.
        case outdated
        case impossible
    }

    /// What came of a message.
    struct Outcome: Equatable {
        /// The announcements that are in effect at the publisher.
        var confirmed: [UInt64] = []
        /// Those that have ended there: all that was counted for them has arrived by now, or is lost.
        var closed: [UInt64] = []
        var change = Change()
        /// The prefixes of which nobody can say how much was lost.
        var forgotten: [WirePrefix] = []
    }

    /// By how much what is lost has changed; it goes down again when something was only late.
    struct Change: Equatable {
        var lost = 0
        var byPrefix: [WirePrefix: Int] = [:]

        var isEmpty: Bool { lost == 0 && byPrefix.values.allSatisfy { $0 == 0 } }

        mutating func add(_ count: Int, _ prefix: WirePrefix) {
            guard count != 0 else { return }
            lost += count
            byPrefix[prefix, default: 0] += count
        }
    }

    /// What is known of an announcement of the bus.
    struct Announcement {
        var prefix: WirePrefix
        var isGivenUp = false
    }

    /// A number that goes further ahead is not believed.
    private static let plausibleAdvance: UInt64 = 1 << 32
    /// Nor is one that takes nine years at a million a second, so that sums stay far from what an `Int` holds.
    private static let greatestNumber: UInt64 = 1 << 48
    /// So many announcements that have ended are remembered, for what comes late.
    private static let maximumClosed = 64

    private var records: [Record] = []
    private var freePlaces: [Int] = []
    private var places: [UInt64: Int] = [:]
    /// Where the records of a prefix are, in the order of their births.
    private var covering = PrefixMap<[Int]>()
    /// Announcements that have ended, the first to end first.
    private var closed: [UInt64] = []
    /// Envelopes of which only the next message tells where they were counted.
    private var waiting: [UInt64: Subject] = [:]
    /// Whether there were too many of those.
    private var hasOverflowed = false
    private var lastSerial: UInt64?
    /// The greatest number there was, of a message or of an envelope.
    private var lastNumber: UInt64?
    /// Announcements that were born before this number were in effect before there was an account.
    private var begins: UInt64?
    /// The connection that the last message came over.
    private(set) var connection: Int32?
    private(set) var lost = 0
    /// Whether the publisher has closed in an orderly way.
    private(set) var hasSaidLast = false
    /// Changes whenever ``places(of:)`` may answer differently.
    private(set) var generation: UInt64 = 0

    /// Creates an account with a publisher; when it is not the first one, that may have counted before.
    init(isFirst: Bool = true) {
        begins = isFirst ? 0 : nil
    }

    // MARK: Envelopes

    /// Where an envelope on a subject may have been counted, the longest prefix last; holds until ``generation`` changes.
    func places(of subject: Subject) -> [Int] {
        var found: [Int] = []
        covering.forEach(covering: subject) { _, places in
            found += places
            return true
        }
        return found
    }

    /// Counts an envelope that has arrived, of which it is certain where it was counted.
    ///
    /// - Returns: By how much that changes what is lost, when it was said to be lost before.
    mutating func received(_ number: UInt64, at places: [Int]) -> Change? {
        guard isPlausible(number, after: lastNumber) else { return nil }
        lastNumber = max(number, lastNumber ?? 0)
        guard let place = places.last(where: { records[$0].isInEffect(at: number) }), number > records[place].base
        else { return nil }
        // Left over in the pipe of a connection that broke, it comes after a line that counted it.
        guard number <= records[place].lineNumber else {
            records[place].received += 1
            return nil
        }
        guard !records[place].isGivenUp || isCovered(records[place].prefix) else { return nil }
        lost -= 1
        return Change(lost: -1, byPrefix: [records[place].prefix: -1])
    }

    /// Keeps an envelope that has arrived until the next message tells where it was counted; at most `limit` of them.
    mutating func wait(_ number: UInt64, on subject: Subject, limit: Int) {
        guard isPlausible(number, after: lastNumber) else { return }
        lastNumber = max(number, lastNumber ?? 0)
        if waiting.count < limit { waiting[number] = subject } else { hasOverflowed = true }
    }

    // MARK: Messages

    /// Reads a message.
    ///
    /// In one pipe no message has a lower number than an envelope before it. One that has is of an older pipe, and says
    /// nothing. The next one over the new connection has all that was not acknowledged.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - connection: What it came over.
    ///   - isShared: Whether another link leads to the same socket, so that announcements may have been in effect there
    ///     before they were here.
    ///   - announcement: What the bus knows of an announcement of its own.
    /// - Returns: What it is, and what came of it.
    mutating func read(
        _ message: LedgerMessage,
        over connection: Int32,
        isShared: Bool = false,
        announcement: (UInt64) -> Announcement?
    ) -> Reading {
        guard message.number <= Self.greatestNumber, isPlausible(message.number, after: lastNumber),
            isPlausible(message.serial, after: lastSerial)
        else { return .impossible }
        if let lastSerial, message.serial <= lastSerial { return .outdated }
        if let lastNumber, message.number < lastNumber, isPlausible(lastNumber, after: message.number) {
            return .outdated
        }
        self.connection = connection
        lastSerial = message.serial
        lastNumber = message.number
        hasSaidLast = message.isLast
        if isShared || begins == nil { begins = message.number }

        var outcome = Outcome()
        // First what was in effect when, then what came by then, and last what should have.
        for line in message.lines { enter(line, message.number, announcement(line.incarnation), into: &outcome) }
        let (settled, isCounted) = (waiting, !hasOverflowed)
        (waiting, hasOverflowed) = ([:], false)
        for (number, subject) in settled where number <= message.number {
            guard let late = received(number, at: places(of: subject)) else { continue }
            for (prefix, count) in late.byPrefix { outcome.change.add(count, prefix) }
        }
        for line in message.lines { read(line, message.number, isCounted: isCounted, into: &outcome) }
        for line in message.lines where line.closed != nil {
            if let place = places[line.incarnation] { records[place].isOver = true }
        }
        let tooMany = closed.prefix(max(0, closed.count - Self.maximumClosed))
        closed.removeFirst(tooMany.count)
        for incarnation in tooMany { remove(incarnation) }
        return .current(outcome)
    }

    private func isPlausible(_ number: UInt64, after last: UInt64?) -> Bool {
        guard let last, number > last else { return true }
        return number - last <= Self.plausibleAdvance
    }

    /// Takes note of when an announcement was in effect.
    private mutating func enter(
        _ line: LedgerMessage.Line,
        _ number: UInt64,
        _ announcement: Announcement?,
        into outcome: inout Outcome
    ) {
        if announcement?.isGivenUp == false {
            if line.closed == nil { outcome.confirmed.append(line.incarnation) }
        }
        if line.closed != nil { outcome.closed.append(line.incarnation) }
        if let place = places[line.incarnation] {
            guard line.epoch != records[place].epoch else { return end(place, line.closed) }
            // What was lost meanwhile, nobody knows.
            if !records[place].isGivenUp { outcome.forgotten.append(records[place].prefix) }
            let (prefix, isGivenUp) = (records[place].prefix, records[place].isGivenUp)
            remove(line.incarnation)
            add(line, prefix, base: number, total: line.total, number, isGivenUp: isGivenUp)
        } else if let announcement {
            let begins = begins ?? number
            let isWhole = line.born >= begins && line.born <= number && line.total <= number - line.born
            add(
                line,
                announcement.prefix,
                base: isWhole ? line.born : number,
                total: isWhole ? 0 : line.total,
                isWhole ? line.born : number,
                isGivenUp: announcement.isGivenUp
            )
        }
    }

    private mutating func read(
        _ line: LedgerMessage.Line,
        _ number: UInt64,
        isCounted: Bool,
        into outcome: inout Outcome
    ) {
        guard let place = places[line.incarnation] else { return }
        let record = records[place]
        guard line.total >= record.total, number >= record.lineNumber,
            line.total - record.total <= number - record.lineNumber
        else { return }
        (records[place].total, records[place].lineNumber, records[place].received) = (line.total, number, 0)
        let missing = Int(line.total - record.total) - Int(record.received)
        // What nobody wants any more is not missed.
        guard !record.isGivenUp || isCovered(record.prefix) else { return }
        // More has come than was counted when the publisher had forgotten what it was counted for, or somebody forges. So
        // does whoever has counted an envelope twice, for no more is lost than was published.
        guard isCounted, missing >= 0, missing <= Int(number) - lost else {
            if missing != 0 { outcome.forgotten.append(record.prefix) }
            return
        }
        outcome.change.add(missing, record.prefix)
        lost += missing
    }

    /// Whether a prefix that is wanted covers another one, or is the same.
    private func isCovered(_ prefix: WirePrefix) -> Bool {
        var isCovered = false
        covering.forEach(covering: prefix.bytes.span) { _, places in
            isCovered = places.contains { !records[$0].isGivenUp && !records[$0].isOver }
            return !isCovered
        }
        return isCovered
    }

    // MARK: Records

    /// Whether an announcement is known, and if it ended, when.
    func isCertain(_ incarnation: UInt64, isLeaving: Bool) -> Bool {
        guard let place = places[incarnation] else { return false }
        return !isLeaving || records[place].closed != nil
    }

    /// Whether nothing is known of some places that would make an envelope count elsewhere: one that was given up may have
    /// ended before.
    func areCertain(_ places: [Int]) -> Bool {
        places.allSatisfy { !records[$0].isGivenUp || records[$0].closed != nil }
    }

    /// The bus has given up an announcement.
    ///
    /// - Returns: Whether something may have been lost that nobody is going to tell.
    mutating func released(_ incarnation: UInt64) -> Bool {
        guard let place = places[incarnation], records[place].closed == nil else { return false }
        records[place].isGivenUp = true
        generation &+= 1
        return !isCovered(records[place].prefix)
    }

    private mutating func end(_ place: Int, _ number: UInt64?) {
        guard let number, records[place].closed == nil else { return }
        records[place].closed = number
        closed.append(records[place].incarnation)
        generation &+= 1
    }

    private mutating func add(
        _ line: LedgerMessage.Line,
        _ prefix: WirePrefix,
        base: UInt64,
        total: UInt64,
        _ number: UInt64,
        isGivenUp: Bool
    ) {
        let record = Record(
            incarnation: line.incarnation,
            prefix: prefix,
            epoch: line.epoch,
            born: line.born,
            base: base,
            total: total,
            lineNumber: number,
            isGivenUp: isGivenUp
        )
        let place = freePlaces.popLast() ?? records.count
        if place == records.count { records.append(record) } else { records[place] = record }
        places[line.incarnation] = place
        var same = covering[prefix] ?? []
        let later = same.firstIndex {
            (records[$0].born, records[$0].incarnation) > (record.born, record.incarnation)
        }
        same.insert(place, at: later ?? same.count)
        covering[prefix] = same
        generation &+= 1
        end(place, line.closed)
    }

    private mutating func remove(_ incarnation: UInt64) {
        closed.removeAll { $0 == incarnation }
        guard let place = places.removeValue(forKey: incarnation) else { return }
        let prefix = records[place].prefix
        covering.update(prefix, initial: []) { $0.removeAll { $0 == place } }
        if covering[prefix]?.isEmpty == true { covering[prefix] = nil }
        freePlaces.append(place)
        generation &+= 1
    }
}
