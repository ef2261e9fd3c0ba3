import EventCore

/// What a bus has received from another one, beside what that says it has published.
///
/// While what the bus wants is as it was when the publisher spoke last, envelopes are only counted: all that arrive were
/// counted there. After a change nobody but the publisher knows which of them were counted for which version, so their
/// numbers and subjects are kept until it says.
struct ReceivedAccount: Sendable {
    /// What an envelope turns out to be.
    enum Arrival: Equatable {
        case first
        /// It came for another pattern as well, right behind the first.
        case copy
    }

    /// What came of a message.
    struct Outcome: Equatable {
        /// By how much what is lost has changed; it goes down again when something was only late.
        var lost = 0
        /// Whether something may have been lost that nobody could count.
        var isUnknown = false
    }

    private struct Known: Sendable {
        var segment: LedgerLines.Segment
        var received: UInt64
        var isCounted = true
        /// How many were lost by the publisher's last message; what has come since belongs to the next one.
        var told = 0

        var lost: Int { isCounted ? max(0, Int(clamping: segment.total) - Int(clamping: received)) : told }
    }

    private static let maximumWaiting = 1 << 16

    /// Counts of the publisher that are open or may still change.
    private var known: [Known] = []
    /// Arrivals of which only the next message tells where they were counted; of none of them while `isSteady`.
    private var waiting: [(number: UInt64, subject: Subject)] = []
    private var hasOverflowed = false
    /// Whether the publisher counts for what is wanted now; then how many have come since its last message.
    private var isSteady = false
    private var steady: UInt64 = 0
    private var lastSerial: UInt64 = 0
    private(set) var lastArrival: UInt64 = 0
    /// The number of the publisher's last message.
    private var number: UInt64 = 0
    /// The version of what this bus wants that the publisher counts for; `nil` before it has said anything.
    private(set) var version: UInt64?
    private(set) var hasSaidLast = false

    /// How many arrivals are remembered.
    var waitingCount: Int { waiting.count }

    /// Whether nothing was received that it has not spoken of since.
    var isSettled: Bool { waiting.isEmpty && steady == 0 }

    /// What the bus wants is about to change.
    mutating func interestChanges() {
        guard isSteady else { return }
        // All that has come so far belongs to the count that is open.
        if let last = known.indices.last { known[last].received += steady }
        (steady, isSteady) = (0, false)
    }

    /// An envelope has arrived.
    ///
    /// - Parameters:
    ///   - number: Its number.
    ///   - subject: Its subject.
    ///   - isContinued: Whether it came in one message with the one before, and so is a copy exactly when that is.
    ///   - hasRoom: Whether it may be remembered.
    ///   - isWanted: Whether the bus wanted that in a version; asked when that is not certain.
    /// - Returns: What it is, and what has changed with it.
    mutating func arrived(
        _ number: UInt64,
        on subject: Subject,
        isContinued: Bool = false,
        hasRoom: Bool = true,
        isWanted: (UInt64) -> Bool
    ) -> (arrival: Arrival, late: Outcome) {
        if !isContinued {
            if number == lastArrival { return (.copy, Outcome()) }
            lastArrival = number
        }
        if version != nil, number <= self.number { return (.first, late(number, isWanted)) }
        if isSteady {
            if let version, isWanted(version) { steady += 1 }
        } else if hasRoom, waiting.count < Self.maximumWaiting {
            waiting.append((number, subject))
        } else {
            hasOverflowed = true
        }
        return (.first, Outcome())
    }

    /// One that comes behind the message that counted it.
    private mutating func late(_ number: UInt64, _ isWanted: (UInt64) -> Bool) -> Outcome {
        guard let place = known.lastIndex(where: { $0.segment.from < number && number <= $0.segment.to ?? .max }),
            isWanted(known[place].segment.version)
        else { return Outcome() }
        known[place].received += 1
        guard known[place].told > 0 else { return Outcome() }
        known[place].told -= 1
        return Outcome(lost: -1)
    }

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - lines: The message.
    ///   - current: The version of what the bus wants now.
    ///   - wanted: Whether it wanted a subject in a version.
    /// - Returns: What came of it; `nil` when it was overtaken.
    mutating func read(
        _ lines: LedgerLines,
        current: UInt64,
        wanted: (Subject, UInt64) -> Bool
    ) -> Outcome? {
        guard lines.serial > lastSerial, lines.number >= number else { return nil }
        lastSerial = lines.serial
        hasSaidLast = lines.isLast
        var outcome = Outcome()
        if isSteady, let last = known.indices.last { known[last].received += steady }
        steady = 0

        let before = known.reduce(0) { $0 + $1.told }
        let open = known.last?.segment
        var next = lines.segments.map { segment -> Known in
            let same = known.first { $0.segment.from == segment.from && $0.segment.version == segment.version }
            var next = same ?? Known(segment: segment, received: 0)
            next.segment = segment
            return next
        }
        // The count that was open must go on or have been closed; one without anything in it may just be gone.
        if let open, open.total > 0,
            !next.contains(where: { $0.segment.from == open.from && $0.segment.version == open.version })
        {
            outcome.isUnknown = true
        }
        for (number, subject) in waiting where number <= lines.number {
            guard
                let place = next.lastIndex(where: { $0.segment.from < number && number <= $0.segment.to ?? .max }),
                wanted(subject, next[place].segment.version)
            else { continue }
            next[place].received += 1
        }
        waiting.removeAll { $0.number <= lines.number }
        if hasOverflowed {
            hasOverflowed = false
            outcome.isUnknown = true
            for place in next.indices where next[place].segment.to ?? .max > number { next[place].isCounted = false }
        }
        // What was closed before, and told so, does not come again; its loss stays.
        let gone = known.filter { old in
            !next.contains { $0.segment.from == old.segment.from && $0.segment.version == old.segment.version }
        }
        outcome.lost = next.reduce(0) { $0 + $1.lost } + gone.reduce(0) { $0 + $1.told } - before
        for place in next.indices { next[place].told = next[place].lost }
        known = next
        number = lines.number
        version = lines.segments.last?.version
        isSteady = version == current && waiting.isEmpty
        return outcome
    }
}
