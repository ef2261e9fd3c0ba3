import EventCore

/// What a bus has received from one publishing socket over one link, beside what that publisher says it has published.
///
/// For each announced prefix: the first line of its incarnation is the base; what is said beyond it, less what has been
/// received with a greater number than the base's, is lost. A loss on what two nested prefixes cover stands in the lines of
/// both, so only prefixes that no other one covers add to ``lost``. That is exact although prefixes come and go, since
/// each message is a picture of one moment: what an outer prefix has added by then, the inner one does not add again.
struct LedgerAccount: Sendable, Hashable {
    private struct Record: Hashable {
        var incarnation: UInt64
        var prefix: WirePrefix
        var epoch: UInt64
        var baseTotal: UInt64
        var baseNumber: UInt64
        /// The number of the last message that had a line of it.
        var lineNumber: UInt64
        var received: UInt64 = 0
        var lost = 0
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
        /// How many prefixes the publisher had forgotten.
        var forgotten: [WirePrefix] = []
    }

    /// By how much what is lost has changed; it goes down again when something was only late.
    struct Change: Equatable {
        var lost = 0
        var byPrefix: [WirePrefix: Int] = [:]

        var isEmpty: Bool { lost == 0 && byPrefix.values.allSatisfy { $0 == 0 } }
    }

    /// A number that goes further ahead is not believed.
    private static let plausibleAdvance: UInt64 = 1 << 32

    private var records: [Record] = []
    private var freePlaces: [Int] = []
    private var places: [UInt64: Int] = [:]
    /// Where the records of a prefix are: one, or beside it one that was given up and is not closed yet.
    private var covering = PrefixMap<[Int]>()
    private var lastSerial: UInt64?
    /// The greatest number there was, of a message or of an envelope.
    private var lastNumber: UInt64?
    /// The connection that the last message came over.
    private(set) var connection: Int32?
    private(set) var lost = 0
    /// Whether the publisher has closed in an orderly way.
    private(set) var hasSaidLast = false
    /// Changes whenever ``places(of:)`` may answer differently.
    private(set) var generation: UInt64 = 0

    // MARK: Envelopes

    /// Where an envelope on a subject is to be counted; holds until ``generation`` changes.
    func places(of subject: Subject) -> [Int] {
        var found: [Int] = []
        covering.forEach(covering: subject) { _, place in
            found += place
            return true
        }
        return found
    }

    /// Counts an envelope that has arrived.
    ///
    /// - Returns: By how much that changes what is lost, when it was said to be lost before.
    mutating func received(_ number: UInt64, at places: [Int]) -> Change? {
        if number > lastNumber ?? 0, isPlausible(number, after: lastNumber) { lastNumber = number }
        var late: Change?
        for place in places where number > records[place].baseNumber {
            records[place].received += 1
            // Left over in the pipe of a connection that broke, it comes after a line that counted it.
            guard number <= records[place].lineNumber else { continue }
            records[place].lost -= 1
            late = late ?? Change(lost: -1)
            late?.byPrefix[records[place].prefix, default: 0] -= 1
        }
        if late != nil { lost -= 1 }
        return late
    }

    // MARK: Messages

    /// Reads a message.
    ///
    /// In one pipe no message has a lower number than an envelope before it. One that has is of an older pipe, and says
    /// nothing: an envelope that came since would count neither before a base that it sets nor after it. The next one
    /// over the new connection has all that was not acknowledged.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - connection: What it came over.
    ///   - prefix: The prefix of an incarnation that is announced now, and no other.
    ///   - early: How many envelopes have come for an incarnation since its count began, before its first line; `nil` when
    ///     that is not known.
    /// - Returns: What it is, and what came of it.
    mutating func read(
        _ message: LedgerMessage,
        over connection: Int32,
        prefix: (UInt64) -> WirePrefix?,
        early: (_ incarnation: UInt64, _ born: UInt64) -> UInt64? = { _, _ in nil }
    ) -> Reading {
        guard isPlausible(message.number, after: lastNumber), isPlausible(message.serial, after: lastSerial) else {
            return .impossible
        }
        if let lastSerial, message.serial <= lastSerial { return .outdated }
        if let lastNumber, message.number < lastNumber, isPlausible(lastNumber, after: message.number) {
            return .outdated
        }
        self.connection = connection
        lastSerial = message.serial
        lastNumber = message.number
        hasSaidLast = message.isLast

        var outcome = Outcome()
        var known: [(line: LedgerMessage.Line, place: Int)] = []
        var bases: [(line: LedgerMessage.Line, prefix: WirePrefix)] = []
        for line in message.lines {
            guard let prefix = prefix(line.incarnation) else { continue }
            if line.isClosed {
                outcome.closed.append(line.incarnation)
            } else {
                outcome.confirmed.append(line.incarnation)
            }
            guard let place = places[line.incarnation] else {
                bases.append((line, prefix))
                continue
            }
            if line.epoch == records[place].epoch {
                known.append((line, place))
            } else {
                // What was lost meanwhile, no line of it tells any more, but those of inner prefixes may.
                outcome.forgotten.append(prefix)
                released(line.incarnation)
                bases.append((line, prefix))
            }
        }
        for (line, place) in known { read(line, at: place, number: message.number, into: &outcome) }
        lost += outcome.change.lost
        // Only now: what was lost before the base of an outer prefix is told by the inner ones.
        for (line, prefix) in bases {
            // What a publisher has forgotten cannot be counted.
            let early = outcome.forgotten.contains(prefix) ? nil : early(line.incarnation, line.born)
            begin(line, prefix, message.number, early, into: &outcome)
        }
        return .current(outcome)
    }

    private func isPlausible(_ number: UInt64, after last: UInt64?) -> Bool {
        guard let last, number > last else { return true }
        return number - last <= Self.plausibleAdvance
    }

    private mutating func read(_ line: LedgerMessage.Line, at place: Int, number: UInt64, into outcome: inout Outcome) {
        let record = records[place]
        guard line.total >= record.baseTotal, number >= record.lineNumber,
            line.total - record.baseTotal <= number - record.baseNumber
        else { return }
        let lost = Int(line.total - record.baseTotal) - Int(record.received)
        let change = lost - record.lost
        (records[place].lineNumber, records[place].lost) = (number, lost)
        guard change != 0 else { return }
        outcome.change.byPrefix[record.prefix] = change
        if !isCovered(record.prefix) { outcome.change.lost += change }
    }

    /// Takes the first line of an incarnation as its base.
    ///
    /// Usually nothing has been lost by then. When the line itself had been dropped for a while, what was counted meanwhile
    /// and has not come is lost. If the prefix covers others, these have told a part of it, nobody knows which.
    private mutating func begin(
        _ line: LedgerMessage.Line,
        _ prefix: WirePrefix,
        _ number: UInt64,
        _ early: UInt64?,
        into outcome: inout Outcome
    ) {
        let missing = early.map { Int(clamping: line.total) - Int(clamping: $0) } ?? 0
        if missing > 0, line.total <= number - min(number, line.born) {
            if coversOthers(prefix) {
                outcome.forgotten.append(prefix)
            } else {
                outcome.change.byPrefix[prefix, default: 0] += missing
                if !isCovered(prefix) {
                    outcome.change.lost += missing
                    lost += missing
                }
            }
        }
        if !line.isClosed { add(line, prefix, number: number) }
    }

    private func coversOthers(_ prefix: WirePrefix) -> Bool {
        covering.prefixes.contains { $0 != prefix && prefix.covers($0) }
    }

    func has(_ incarnation: UInt64) -> Bool { places[incarnation] != nil }

    /// How many incarnations have a base.
    var count: Int { places.count }

    private func isCovered(_ prefix: WirePrefix) -> Bool {
        var isCovered = false
        covering.forEach(covering: prefix.bytes.span) { other, _ in
            isCovered = other != prefix
            return false
        }
        return isCovered
    }

    private mutating func add(_ line: LedgerMessage.Line, _ prefix: WirePrefix, number: UInt64) {
        let record = Record(
            incarnation: line.incarnation,
            prefix: prefix,
            epoch: line.epoch,
            baseTotal: line.total,
            baseNumber: number,
            lineNumber: number
        )
        let place = freePlaces.popLast() ?? records.count
        if place == records.count { records.append(record) } else { records[place] = record }
        places[line.incarnation] = place
        covering.update(prefix, initial: []) { $0.append(place) }
        generation &+= 1
    }

    // MARK: Prefixes

    /// The bus has given up an announcement.
    mutating func released(_ incarnation: UInt64) {
        guard let place = places.removeValue(forKey: incarnation) else { return }
        let prefix = records[place].prefix
        covering.update(prefix, initial: []) { $0.removeAll { $0 == place } }
        if covering[prefix]?.isEmpty == true { covering[prefix] = nil }
        freePlaces.append(place)
        generation &+= 1
    }
}
