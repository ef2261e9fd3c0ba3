import EventCore

/// What other buses want, and how many envelopes have been published of it.
///
/// Each publish adds one to the total of every bus that wants it, sent or not: what is published while a server is away, or
/// does not fit the queue, would otherwise be in nobody's books. Where what a bus wants changes, one count ends and the next
/// one begins, at a number; the bus is told both, and again until it says that it has read them. Since it is told in the
/// same pipe as the envelopes, it has what came before, or that is lost.
struct SentBook: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Segment: Sendable {
        var line: LedgerLines.Segment
        /// The first message that has its end.
        var closedIn: UInt64?
    }

    private struct Peer: Sendable {
        var bus: String
        var version: UInt64
        var patterns: Set<Pattern>
        /// The oldest first; the last one is open.
        var segments: [Segment]
        /// The last message, the first one that has or will have all that is known, and when the last one was sent.
        var serial: UInt64 = 0
        var changedIn: UInt64 = 1
        var toldAt: Instant?
        var isOwed = false
        var dueAt: Instant?
        var attempts = 0
        /// Since when nobody listens at its inbox.
        var awaySince: Instant?
    }

    /// How long after a change a bus is told.
    static let delay = Duration.milliseconds(20)
    /// How long after that it is told of the next one, unless what it wants has changed.
    static let interval = Duration.milliseconds(500)
    /// How long to wait until it has said that it has read that, before it is told again.
    static let repeats: [Duration] = [.milliseconds(100), .milliseconds(300), .seconds(1)]
    /// For how long what a bus wants is counted while it is away.
    static let retention = Duration.seconds(60)
    /// How often a bus that is away is told all the same.
    static let retry = Duration.seconds(1)
    static let maximumPeers = 1 << 14
    /// How many are told at once; and where more than that many have to be told, how often they are gone through.
    static let maximumMessages = 1 << 10
    private static let scanInterval = Duration.milliseconds(5)
    private static let maximumRoutes = 1 << 12
    static let maximumSegments = 256
    /// How many patterns of other buses are remembered; who wants more gets no books.
    private let maximumPatterns: Int

    private var peers: [Peer] = []
    private var freePlaces: [Int] = []
    private var places: [String: Int] = [:]
    private var index = PatternIndex<Int>()
    private var routes: [Subject: [Int]] = [:]
    private var owed: Set<Int> = []
    /// Those of them that have no time yet.
    private var unscheduled: Set<Int> = []
    /// None of them is due before, and when they were gone through last.
    private var nextDue: Instant?
    private var lastScan: Instant?
    /// When to look who has been away for too long.
    private var nextLook: Instant?
    /// The buses at whose inboxes nobody listens.
    private var away: Set<Int> = []
    private(set) var patternCount = 0

    init(maximumPatterns: Int = 1 << 20) {
        self.maximumPatterns = maximumPatterns
    }

    // MARK: What others want

    /// The buses that want a subject.
    mutating func subscribers(of subject: Subject) -> [String] {
        route(of: subject).map { peers[$0].bus }
    }

    /// Whether a bus wants anything.
    func wantsAnything(_ bus: String) -> Bool { places[bus].map { !peers[$0].patterns.isEmpty } ?? false }

    /// The last change of what a bus wants that is known; `nil` when nothing is counted for it.
    func version(of bus: String) -> UInt64? { places[bus].map { peers[$0].version } }

    /// A bus has said all that it wants.
    mutating func enter(_ bus: String, version: UInt64, patterns: Set<Pattern>, number: UInt64) {
        guard let place = places[bus] else { return add(bus, version, patterns, number) }
        isHere(place)
        guard peers[place].version != version || peers[place].patterns != patterns else {
            // It is back, or asks again, and may not have read what it was told.
            return owe(place, at: nil)
        }
        let before = peers[place].patterns.count
        guard patternCount - before + patterns.count <= maximumPatterns else { return leave(bus) }
        patternCount += patterns.count - before
        for pattern in peers[place].patterns.subtracting(patterns) { index.remove(place, for: pattern) }
        for pattern in patterns.subtracting(peers[place].patterns) { index.insert(place, for: pattern) }
        peers[place].patterns = patterns
        begin(place, version, number)
    }

    private mutating func add(_ bus: String, _ version: UInt64, _ patterns: Set<Pattern>, _ number: UInt64) {
        guard places.count < Self.maximumPeers, patternCount + patterns.count <= maximumPatterns else { return }
        patternCount += patterns.count
        let segment = Segment(line: LedgerLines.Segment(version: version, from: number, total: 0))
        let peer = Peer(bus: bus, version: version, patterns: patterns, segments: [segment])
        let place = freePlaces.popLast() ?? peers.count
        if place == peers.count { peers.append(peer) } else { peers[place] = peer }
        places[bus] = place
        for pattern in patterns { index.insert(place, for: pattern) }
        routes = [:]
        owe(place, at: nil)
    }

    /// What a bus wants has changed.
    ///
    /// - Returns: Whether that is the next change, or an old one; otherwise it has to say again what it wants.
    mutating func change(_ bus: String, _ change: InterestChange, number: UInt64) -> Bool {
        guard let place = places[bus] else { return false }
        guard change.version > peers[place].version else { return true }
        guard change.version == peers[place].version + 1 else { return false }
        if change.isWanted {
            guard patternCount < maximumPatterns else {
                leave(bus)
                return true
            }
            if peers[place].patterns.insert(change.pattern).inserted {
                patternCount += 1
                index.insert(place, for: change.pattern)
            }
        } else if peers[place].patterns.remove(change.pattern) != nil {
            patternCount -= 1
            index.remove(place, for: change.pattern)
        }
        begin(place, change.version, number)
        return true
    }

    private mutating func begin(_ place: Int, _ version: UInt64, _ number: UInt64) {
        let last = peers[place].segments.count - 1
        if peers[place].segments[last].line.total == 0 {
            // Where nothing was counted there is nothing to tell.
            peers[place].segments.removeLast()
        } else {
            peers[place].segments[last].line.to = number
            peers[place].segments[last].closedIn = peers[place].serial + 1
        }
        peers[place].segments.append(Segment(line: LedgerLines.Segment(version: version, from: number, total: 0)))
        // Of a bus that never reads, the oldest are forgotten, which it is going to notice.
        if peers[place].segments.count > Self.maximumSegments { peers[place].segments.removeFirst() }
        peers[place].version = version
        routes = [:]
        owe(place, at: nil)
    }

    /// A bus has said goodbye, or was away for too long.
    mutating func leave(_ bus: String) {
        guard let place = places.removeValue(forKey: bus) else { return }
        for pattern in peers[place].patterns { index.remove(place, for: pattern) }
        patternCount -= peers[place].patterns.count
        away.remove(place)
        peers[place] = Peer(bus: "", version: 0, patterns: [], segments: [])
        freePlaces.append(place)
        owed.remove(place)
        unscheduled.remove(place)
        routes = [:]
    }

    /// Nobody listens at the inbox of a bus: it is told now and then, until it reads that or has been away for too long.
    ///
    /// The server may only have lost its way to that of the bus, and neither notices when there is one again.
    mutating func isAway(_ bus: String, now: Instant) {
        guard let place = places[bus] else { return }
        peers[place].awaySince = peers[place].awaySince ?? now
        away.insert(place)
        owe(place, at: now + Self.retry)
    }

    /// A bus has been heard of, so that somebody does listen at its inbox.
    ///
    /// What the server said of it may have been about the moment before it was back.
    mutating func isBack(_ bus: String) {
        guard let place = places[bus], peers[place].awaySince != nil else { return }
        isHere(place)
        owe(place, at: nil)
    }

    private mutating func isHere(_ place: Int) {
        peers[place].awaySince = nil
        away.remove(place)
    }

    // MARK: Publishing

    /// Counts an envelope for all who want it.
    mutating func count(_ subject: Subject) {
        guard !places.isEmpty else { return }
        for place in route(of: subject) {
            peers[place].segments[peers[place].segments.count - 1].line.total += 1
            peers[place].changedIn = peers[place].serial + 1
            guard !peers[place].isOwed, peers[place].awaySince == nil else { continue }
            owe(place, at: peers[place].toldAt.map { $0 + Self.interval })
        }
    }

    private mutating func route(of subject: Subject) -> [Int] {
        if let route = routes[subject] { return route }
        var found: Set<Int> = []
        index.forEachMatch(of: subject) { found.insert($0) }
        if routes.count >= Self.maximumRoutes { routes = [:] }
        let route = found.sorted()
        routes[subject] = route
        return route
    }

    // MARK: Telling

    /// A bus has something to be told, not before an instant.
    private mutating func owe(_ place: Int, at earliest: Instant?) {
        peers[place].changedIn = peers[place].serial + 1
        peers[place].isOwed = true
        (peers[place].dueAt, peers[place].attempts) = (earliest, 0)
        owed.insert(place)
        if let earliest { mayBeDue(at: earliest) } else { unscheduled.insert(place) }
    }

    private mutating func mayBeDue(at time: Instant) { nextDue = min(nextDue ?? time, time) }

    /// Sets a time for what has changed since the last call.
    ///
    /// - Returns: When to call ``takeDue(_:number:from:isLast:)`` next.
    /// - Complexity: O(*n*) in the number of those that have changed since.
    mutating func schedule(_ now: Instant) -> Instant? {
        for place in unscheduled where peers[place].isOwed && peers[place].dueAt == nil {
            peers[place].dueAt = now + Self.delay
            mayBeDue(at: now + Self.delay)
        }
        unscheduled = []
        if owed.isEmpty { nextDue = nil }
        guard let nextDue, owed.count > Self.maximumMessages, let lastScan else { return nextDue }
        return max(nextDue, lastScan + Self.scanInterval)
    }

    /// The messages that are to be sent by now; with `isLast` one to each bus.
    ///
    /// One that has never published has nothing to tell, and a group of readers would tell each other just that.
    mutating func takeDue(
        _ now: Instant,
        number: UInt64,
        from bus: String,
        isLast: Bool = false
    ) -> [(bus: String, lines: LedgerLines)] {
        forgetGone(now)
        guard isLast || isScanDue(now) else { return [] }
        (nextDue, lastScan) = (nil, now)
        var messages: [(bus: String, lines: LedgerLines)] = []
        for place in isLast ? Set(places.values) : owed {
            guard isLast || peers[place].dueAt.map({ $0 <= now }) == true && messages.count < Self.maximumMessages
            else {
                if let due = peers[place].dueAt { mayBeDue(at: due) }
                continue
            }
            guard number > 0 else {
                peers[place].isOwed = false
                owed.remove(place)
                continue
            }
            peers[place].serial += 1
            peers[place].toldAt = now
            let isAway = peers[place].awaySince != nil
            let pause = isAway ? Self.retry : Self.repeats[min(peers[place].attempts, Self.repeats.count - 1)]
            peers[place].dueAt = now + pause
            mayBeDue(at: now + pause)
            peers[place].attempts += 1
            let segments = peers[place].segments.map(\.line)
            let serial = peers[place].serial
            messages.append(
                (
                    peers[place].bus,
                    LedgerLines(bus: bus, serial: serial, number: number, isLast: isLast, segments: segments)
                )
            )
        }
        return messages
    }

    /// Forgets, now and then, who has been away for too long.
    private mutating func forgetGone(_ now: Instant) {
        guard !away.isEmpty, nextLook.map({ $0 <= now }) ?? true else { return }
        nextLook = now + Self.retry
        for place in away {
            if let since = peers[place].awaySince, now - since > Self.retention { leave(peers[place].bus) }
        }
    }

    /// Whether somebody may be due; where there are many, they are not gone through at every message of one of them.
    private func isScanDue(_ now: Instant) -> Bool {
        guard let nextDue, nextDue <= now else { return false }
        guard owed.count > Self.maximumMessages, let lastScan else { return true }
        return now >= lastScan + Self.scanInterval
    }

    /// A bus has read a message.
    mutating func read(_ serial: UInt64, by bus: String) {
        guard let place = places[bus], serial <= peers[place].serial else { return }
        isHere(place)
        peers[place].segments.removeAll { segment in segment.closedIn.map { $0 <= serial } ?? false }
        if serial >= peers[place].changedIn {
            peers[place].isOwed = false
            owed.remove(place)
        } else if peers[place].isOwed, peers[place].attempts > 0 {
            // It reads, so what has changed since can wait.
            let due = peers[place].toldAt.map { $0 + Self.interval }
            (peers[place].dueAt, peers[place].attempts) = (due, 0)
            if let due { mayBeDue(at: due) } else { unscheduled.insert(place) }
        }
    }
}
