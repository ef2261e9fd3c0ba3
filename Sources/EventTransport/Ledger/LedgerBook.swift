package import EventCore

/// What the peers at one publishing socket want, and how many envelopes have been published for each announcement.
///
/// Each publish adds one to a total of each bus that has announced a prefix of its subject, sent or not: what is published
/// while a link is down, or dropped by a full queue, would otherwise be in nobody's books. It is the total of the longest
/// such prefix, so those of one bus add up. A bus is told the totals that have changed, and again until it acknowledges,
/// for a full queue drops that message like any other. Since all that changed and was not acknowledged is in each message,
/// of announcements that are away too, every message is a picture of one moment.
package struct LedgerBook: Sendable, Hashable {
    package typealias Instant = ContinuousClock.Instant

    struct Key: Hashable {
        var bus: String
        var incarnation: UInt64
    }

    struct Entry: Hashable {
        var key: Key
        var prefix: WirePrefix
        var peer: Int
        var epoch: UInt64
        var total: UInt64 = 0
        /// The number of the last envelope before it was made.
        var born: UInt64
        /// Over how many connections it is announced now.
        var announcements = 0
        var awaySince: Instant?
        /// It was given up at this number, and its bus has not read the last line yet.
        var closed: UInt64?
        /// The message that has to hold it.
        var changedIn: UInt64 = 0
        /// Whether it is in its peer's list of changes.
        var isListed = false
        /// It stays in its place until it is in no list.
        var isRemoved = false

        var size: Int { prefix.bytes.count + LedgerBook.entrySize }
        var line: LedgerMessage.Line {
            LedgerMessage.Line(incarnation: key.incarnation, epoch: epoch, total: total, born: born, closed: closed)
        }
    }

    struct Peer: Hashable {
        var bus: String
        /// Over how many connections it reads its messages.
        var inboxes = 0
        /// The last message it has read over each, and over all of them.
        var read: [Int32: UInt64] = [:]
        var readByAll: UInt64 = 0
        var entries: Set<Int> = []
        /// The prefixes that it is known to have subscribed to.
        var subscriptions: Set<WirePrefix> = []
        var changes: [Int] = []
        var isOwed = false
        var dueAt: Instant?
        var attempts = 0
    }

    struct Absence: Hashable {
        var place: Int
        var since: Instant
    }

    /// Who wants a prefix.
    struct Interest: Hashable, Sendable {
        /// How many peers have subscribed to it.
        var subscriptions = 0
        /// How many of those are buses, which count by their announcements.
        var owned = 0
        var entries: [Int] = []

        var isEmpty: Bool { subscriptions == 0 && owned == 0 && entries.isEmpty }
        /// Whether somebody wants it who is no bus.
        package var isPlainlyWanted: Bool { subscriptions > owned }
    }

    /// How long after a change a bus is told.
    static let delay = Duration.milliseconds(20)
    /// How long to wait for an acknowledgement before telling again.
    static let repeats: [Duration] = [.milliseconds(100), .milliseconds(300), .seconds(1)]
    /// What an entry takes beside its prefix, about.
    static let entrySize = 256

    let retention: Duration
    let retentionBytes: Int

    var interests = PrefixMap<Interest>()
    var entries: [Entry] = []
    var freeEntries: [Int] = []
    var places: [Key: Int] = [:]
    var peers: [Peer] = []
    var freePeers: [Int] = []
    var peerPlaces: [String: Int] = [:]
    var owed: [Int] = []
    /// Entries of buses that went away, those gone for longest first; some have come back meanwhile.
    var away: [Absence] = []
    var awayBytes = 0
    /// What others have said in the name of a bus, and how often.
    package var forged: [ControlTopic: Int] = [:]
    /// Plain prefixes of which a subscription has ended, nobody knows yet whether that of a bus.
    private var doubtful: Set<WirePrefix> = []
    var lastEpoch: UInt64 = 0
    var serial: UInt64 = 0
    /// Changes whenever ``route(of:)`` may answer differently.
    package var generation: UInt64 = 0

    /// The bus that keeps it, which may be linked to itself: what goes there is not counted.
    let own: String

    /// Creates an empty book; entries of peers that are away are kept for so long, and take so many bytes at most.
    package init(retention: Duration, retentionBytes: Int, own: String = "") {
        self.own = own
        self.retention = retention
        self.retentionBytes = retentionBytes
    }

    // MARK: Who wants what

    /// Whether anything is wanted at all, by peers that are there or away.
    package var isEmpty: Bool { interests.isEmpty }

    /// A peer has subscribed to a prefix; a bus says in the handshake who it is.
    package mutating func subscribed(_ prefix: WirePrefix, by bus: String?) {
        change(prefix) { $0.subscriptions += 1 }
        guard let bus else { return }
        let peer = peer(bus)
        if peers[peer].subscriptions.insert(prefix).inserted { change(prefix) { $0.owned += 1 } }
    }

    /// A subscription has ended; `nil` when nobody says whose it was, for its connection is gone.
    package mutating func unsubscribed(_ prefix: WirePrefix, by bus: String?) {
        change(prefix) { $0.subscriptions = max(0, $0.subscriptions - 1) }
        if let bus { disown(prefix, of: bus) } else if prefix.isPlain { doubtful.insert(prefix) }
    }

    /// There were no more notices, and so all is known of connections that have ended.
    package mutating func settled() {
        guard !doubtful.isEmpty else { return }
        doubtful = []
        generation &+= 1
    }

    mutating func disown(_ prefix: WirePrefix, of bus: String) {
        guard let peer = peerPlaces[bus], peers[peer].subscriptions.remove(prefix) != nil else { return }
        change(prefix) { $0.owned = max(0, $0.owned - 1) }
        releaseIfUnused(peer)
    }

    mutating func change(_ prefix: WirePrefix, _ change: (inout Interest) -> Void) {
        interests.update(prefix, initial: Interest(), change)
        if interests[prefix]?.isEmpty == true { interests[prefix] = nil }
        generation &+= 1
    }

    /// A bus has announced a prefix; it is owed an answer at once.
    package mutating func announced(
        _ prefix: WirePrefix,
        by bus: String,
        incarnation: UInt64,
        number: UInt64 = 0,
        now: Instant
    ) {
        let key = Key(bus: bus, incarnation: incarnation)
        let place = places[key] ?? add(key, prefix, number)
        // A bus uses a number for one prefix only; whoever does not gets the count of the first.
        entries[place].announcements += 1
        generation &+= 1
        returned(place)
        change(place)
        let peer = entries[place].peer
        owe(peer)
        (peers[peer].dueAt, peers[peer].attempts) = (now, 0)
    }

    /// An announcement has ended: given up by the bus, or with its connection, after which it may come again.
    package mutating func withdrawn(
        by bus: String,
        incarnation: UInt64,
        isGivenUp: Bool,
        number: UInt64 = 0,
        now: Instant
    ) {
        guard let place = places[Key(bus: bus, incarnation: incarnation)], entries[place].announcements > 0 else {
            return
        }
        // Given up over one connection it is given up over all: another one is another link, or has ended unnoticed.
        entries[place].announcements = isGivenUp ? 0 : entries[place].announcements - 1
        guard entries[place].announcements == 0 else { return }
        generation &+= 1
        guard !isGivenUp else { return close(place, number, now) }
        disown(entries[place].prefix, of: bus)
        goAway(place, now)
    }

    /// Ends an announcement that was given up: its bus is owed a last line, and goes on listening until it has read it.
    private mutating func close(_ place: Int, _ number: UInt64, _ now: Instant) {
        let peer = entries[place].peer
        entries[place].closed = number
        withdraw(place)
        change(place)
        (peers[peer].dueAt, peers[peer].attempts) = (now, 0)
        if peers[peer].inboxes == 0 { goAway(place, now) } else { returned(place) }
    }

    /// Remembers an entry until its bus comes back.
    private mutating func goAway(_ place: Int, _ now: Instant) {
        guard entries[place].awaySince == nil else { return }
        guard retention > .zero else { return remove(place) }
        entries[place].awaySince = now
        away.append(Absence(place: place, since: now))
        awayBytes += entries[place].size
        forget(now)
    }

    /// A bus reads its messages here: it is owed one, which tells it who publishes.
    package mutating func opened(inboxOf bus: String, now: Instant) {
        let place = peer(bus)
        peers[place].inboxes += 1
        for entry in peers[place].changes where entries[entry].closed != nil { returned(entry) }
        owe(place)
        (peers[place].dueAt, peers[place].attempts) = (now, 0)
    }

    package mutating func closed(inboxOf bus: String, now: Instant) {
        guard let place = peerPlaces[bus], peers[place].inboxes > 0 else { return }
        peers[place].inboxes -= 1
        // Nobody says which connection has ended; what the others have read, they say again.
        peers[place].read = [:]
        guard peers[place].inboxes == 0 else { return }
        peers[place].dueAt = nil
        for entry in peers[place].entries where entries[entry].closed != nil { goAway(entry, now) }
        releaseIfUnused(place)
    }

    /// A bus has announced all it wants after it was away: what it has not, it has given up.
    package mutating func isComplete(_ bus: String, number: UInt64 = 0, now: Instant) {
        guard let peer = peerPlaces[bus] else { return }
        for place in peers[peer].entries where entries[place].awaySince != nil && entries[place].closed == nil {
            close(place, number, now)
        }
    }

    /// The last connection of a bus has ended: whatever it had subscribed to has ended with it.
    package mutating func left(_ bus: String) {
        guard let peer = peerPlaces[bus], peers[peer].inboxes == 0 else { return }
        for prefix in peers[peer].subscriptions { disown(prefix, of: bus) }
    }

    /// The socket was replaced, and all its connections are gone.
    package mutating func lostAllConnections(now: Instant) {
        for prefix in Array(interests.prefixes) {
            guard var interest = interests[prefix] else { continue }
            (interest.subscriptions, interest.owned) = (0, 0)
            interests[prefix] = interest.isEmpty ? nil : interest
        }
        let announced = places.filter { entries[$0.value].announcements > 0 }
        for (key, place) in announced.sorted(by: { $0.key.incarnation < $1.key.incarnation }) {
            entries[place].announcements = 1
            withdrawn(by: key.bus, incarnation: key.incarnation, isGivenUp: false, now: now)
        }
        for (bus, place) in peerPlaces {
            peers[place].subscriptions = []
            peers[place].inboxes = min(1, peers[place].inboxes)
            closed(inboxOf: bus, now: now)
        }
        generation &+= 1
    }

    // MARK: Publishing

    /// Where an envelope is to go and be counted; holds until ``generation`` changes.
    package struct Route: Hashable, Sendable {
        /// Whether a peer that is there wants it.
        package var isWanted = false
        /// Whether a peer that is there wants it as plain sockets do.
        package var isPlainlyWanted = false
        /// Whether that is anybody but the bus itself, or somebody who is away.
        package var isHeard = false
        /// Whether somebody wants it whose connection names no bus.
        package var hasStrangers = false
        /// What to ``count(_:)``.
        package var entries: [Int] = []

        /// Creates a route to nobody.
        package init() {}
    }

    package func route(of subject: Subject) -> Route {
        var route = Route()
        // Shorter prefixes come first, and announcements of one prefix in the order in which they were born.
        var longest: [Int: Int] = [:]
        interests.forEach(covering: subject) { prefix, interest in
            var isWanted = interest.isPlainlyWanted || interest.subscriptions > 0 && doubtful.contains(prefix)
            if isWanted {
                route.isHeard = true
                if !prefix.isPlain { route.hasStrangers = true }
            }
            for place in interest.entries {
                if entries[place].announcements > 0 { isWanted = true }
                guard entries[place].key.bus != own else { continue }
                longest[entries[place].peer] = place
                route.isHeard = true
            }
            if prefix.isPlain {
                route.isPlainlyWanted = route.isPlainlyWanted || isWanted
            } else {
                route.isWanted = route.isWanted || isWanted
            }
            return true
        }
        route.entries = longest.values.sorted()
        return route
    }

    /// Counts an envelope for the entries of its route.
    package mutating func count(_ places: [Int]) {
        for place in places {
            entries[place].total &+= 1
            change(place)
        }
    }

    @inline(__always)
    mutating func change(_ place: Int) {
        entries[place].changedIn = serial &+ 1
        guard !entries[place].isListed else { return }
        entries[place].isListed = true
        let peer = entries[place].peer
        peers[peer].changes.append(place)
        owe(peer)
    }

    mutating func owe(_ peer: Int) {
        guard !peers[peer].isOwed else { return }
        peers[peer].isOwed = true
        owed.append(peer)
    }

    // MARK: Entries

    mutating func add(_ key: Key, _ prefix: WirePrefix, _ number: UInt64) -> Int {
        let peer = peer(key.bus)
        lastEpoch += 1
        let entry = Entry(key: key, prefix: prefix, peer: peer, epoch: lastEpoch, born: number)
        let place = freeEntries.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        peers[peer].entries.insert(place)
        interests.update(prefix, initial: Interest()) { $0.entries.append(place) }
        generation &+= 1
        return place
    }

    mutating func remove(_ place: Int) {
        let entry = entries[place]
        returned(place)
        entries[place].isRemoved = true
        entries[place].announcements = 0
        places[entry.key] = nil
        entries[place].closed = nil
        peers[entry.peer].entries.remove(place)
        withdraw(place)
        if !entry.isListed { freeEntries.append(place) }
        releaseIfUnused(entry.peer)
    }

    /// Counts nothing more for an entry.
    mutating func withdraw(_ place: Int) {
        guard interests[entries[place].prefix] != nil else { return }
        change(entries[place].prefix) { $0.entries.removeAll { $0 == place } }
    }

    /// An entry is not away, or not any more.
    mutating func returned(_ place: Int) {
        guard entries[place].awaySince != nil else { return }
        entries[place].awaySince = nil
        awayBytes -= entries[place].size
    }

    /// Forgets who has been away for too long, or does not fit.
    mutating func forget(_ now: Instant) {
        let end = away.firstIndex { absence in
            guard isAway(absence) else { return false }
            guard now - absence.since >= retention || awayBytes > retentionBytes else { return true }
            remove(absence.place)
            return false
        }
        away.removeFirst(end ?? away.count)
    }

    func isAway(_ absence: Absence) -> Bool { entries[absence.place].awaySince == absence.since }

    mutating func peer(_ bus: String) -> Int {
        if let place = peerPlaces[bus] { return place }
        let place = freePeers.popLast() ?? peers.count
        if place == peers.count { peers.append(Peer(bus: bus)) } else { peers[place] = Peer(bus: bus) }
        peerPlaces[bus] = place
        return place
    }

    mutating func releaseIfUnused(_ place: Int) {
        guard peers[place].inboxes == 0, peers[place].entries.isEmpty, peers[place].subscriptions.isEmpty,
            peerPlaces[peers[place].bus] == place
        else { return }
        prune(place) { _ in false }
        if peers[place].isOwed { owed.removeAll { $0 == place } }
        peers[place].isOwed = false
        peerPlaces[peers[place].bus] = nil
        freePeers.append(place)
    }
}
