import EventCore

/// What the peers at one publishing socket want, and how many envelopes have been published for each announcement.
///
/// Each publish adds one to the totals of the entries that cover its subject, sent or not: what is published while a link
/// is down, or dropped by a full queue, would otherwise be in nobody's books. A bus is told the totals that have changed,
/// and again until it acknowledges, for a full queue drops that message like any other. Since all that changed and was not
/// acknowledged is in each message, every message is a picture of one moment.
struct LedgerBook: Sendable, Hashable {
    typealias Instant = ContinuousClock.Instant

    private struct Key: Hashable {
        var bus: String
        var incarnation: UInt64
    }

    private struct Entry: Hashable {
        var key: Key
        var prefix: WirePrefix
        var peer: Int
        var epoch: UInt64
        var total: UInt64 = 0
        /// Over how many connections it is announced now.
        var announcements = 0
        var awaySince: Instant?
        /// The message that has to hold it.
        var changedIn: UInt64 = 0
        /// Whether it is in its peer's list of changes.
        var isListed = false
        /// It stays in its place until it is in no list.
        var isRemoved = false

        var size: Int { prefix.bytes.count + LedgerBook.entrySize }
    }

    private struct Peer: Hashable {
        var bus: String
        /// Over how many connections it reads its messages.
        var inboxes = 0
        var entries: Set<Int> = []
        var changes: [Int] = []
        var isOwed = false
        var dueAt: Instant?
        var attempts = 0
    }

    private struct Absence: Hashable {
        var place: Int
        var since: Instant
    }

    /// Who wants a prefix.
    struct Interest: Hashable, Sendable {
        /// How many peers have subscribed to it, buses or not.
        var subscriptions = 0
        var entries: [Int] = []

        var isEmpty: Bool { subscriptions == 0 && entries.isEmpty }
    }

    /// How long after a change a bus is told.
    private static let delay = Duration.milliseconds(20)
    /// How long to wait for an acknowledgement before telling again.
    private static let repeats: [Duration] = [.milliseconds(100), .milliseconds(300), .seconds(1)]
    /// What an entry takes beside its prefix, about.
    private static let entrySize = 256

    private let retention: Duration
    private let retentionBytes: Int

    private var interests = PrefixMap<Interest>()
    private var entries: [Entry] = []
    private var freeEntries: [Int] = []
    private var places: [Key: Int] = [:]
    private var peers: [Peer] = []
    private var freePeers: [Int] = []
    private var peerPlaces: [String: Int] = [:]
    private var owed: [Int] = []
    /// Entries of buses that went away, those gone for longest first; some have come back meanwhile.
    private var away: [Absence] = []
    private var awayBytes = 0
    private var lastEpoch: UInt64 = 0
    private(set) var serial: UInt64 = 0
    /// Changes whenever ``route(of:)`` may answer differently.
    private(set) var generation: UInt64 = 0

    /// Creates an empty book; entries of peers that are away are kept for so long, and take so many bytes at most.
    init(retention: Duration, retentionBytes: Int) {
        self.retention = retention
        self.retentionBytes = retentionBytes
    }

    // MARK: Who wants what

    /// Whether anything is wanted at all, by peers that are there or away.
    var isEmpty: Bool { interests.isEmpty }

    /// A peer has subscribed to a prefix.
    mutating func subscribed(_ prefix: WirePrefix) {
        interests.update(prefix, initial: Interest()) { $0.subscriptions += 1 }
        generation &+= 1
    }

    mutating func unsubscribed(_ prefix: WirePrefix) {
        guard var interest = interests[prefix], interest.subscriptions > 0 else { return }
        interest.subscriptions -= 1
        interests[prefix] = interest.isEmpty ? nil : interest
        generation &+= 1
    }

    /// A bus has announced a prefix; it is owed an answer at once.
    mutating func announced(_ prefix: WirePrefix, by bus: String, incarnation: UInt64, now: Instant) {
        let key = Key(bus: bus, incarnation: incarnation)
        let place = places[key] ?? add(key, prefix)
        // A bus uses a number for one prefix only; whoever does not gets the count of the first.
        entries[place].announcements += 1
        returned(place)
        change(place)
        let peer = entries[place].peer
        owe(peer)
        (peers[peer].dueAt, peers[peer].attempts) = (now, 0)
        // It had given the prefix up while it was away, and wants it anew.
        for other in interests[prefix]?.entries ?? [] where other != place && entries[other].peer == peer {
            if entries[other].awaySince != nil { remove(other) }
        }
    }

    /// An announcement has ended: given up by the bus, or with its connection, after which it may come again.
    mutating func withdrawn(by bus: String, incarnation: UInt64, isGivenUp: Bool, now: Instant) {
        guard let place = places[Key(bus: bus, incarnation: incarnation)], entries[place].announcements > 0 else { return }
        entries[place].announcements -= 1
        guard entries[place].announcements == 0 else { return }
        guard !isGivenUp, retention > .zero else { return remove(place) }
        entries[place].awaySince = now
        away.append(Absence(place: place, since: now))
        awayBytes += entries[place].size
        forget(now)
    }

    /// A bus reads its messages here: it is owed one, which tells it who publishes.
    mutating func opened(inboxOf bus: String, now: Instant) {
        let place = peer(bus)
        peers[place].inboxes += 1
        owe(place)
        (peers[place].dueAt, peers[place].attempts) = (now, 0)
    }

    mutating func closed(inboxOf bus: String) {
        guard let place = peerPlaces[bus], peers[place].inboxes > 0 else { return }
        peers[place].inboxes -= 1
        if peers[place].inboxes == 0 { peers[place].dueAt = nil }
        releaseIfUnused(place)
    }

    /// A bus has announced all it wants after it was away: what it has not, it has given up.
    mutating func isComplete(_ bus: String) {
        guard let peer = peerPlaces[bus] else { return }
        for place in peers[peer].entries where entries[place].awaySince != nil { remove(place) }
    }

    /// The socket was replaced, and all its connections are gone.
    mutating func lostAllConnections(now: Instant) {
        for prefix in Array(interests.prefixes) {
            guard var interest = interests[prefix] else { continue }
            interest.subscriptions = 0
            interests[prefix] = interest.isEmpty ? nil : interest
        }
        for (key, place) in places where entries[place].announcements > 0 {
            entries[place].announcements = 1
            withdrawn(by: key.bus, incarnation: key.incarnation, isGivenUp: false, now: now)
        }
        for place in peerPlaces.values { (peers[place].inboxes, peers[place].dueAt) = (0, nil) }
        generation &+= 1
    }

    // MARK: Publishing

    /// Where an envelope is to go and be counted; holds until ``generation`` changes.
    struct Route: Hashable, Sendable {
        /// Whether a peer that is there wants it.
        var isWanted = false
        /// What to ``count(_:)``.
        var entries: [Int] = []
    }

    func route(of subject: Subject) -> Route {
        var route = Route()
        interests.forEach(covering: subject) { _, interest in
            if interest.subscriptions > 0 { route.isWanted = true }
            route.entries += interest.entries
            return true
        }
        return route
    }

    /// Counts an envelope for the entries of its route.
    mutating func count(_ places: [Int]) {
        for place in places {
            entries[place].total &+= 1
            change(place)
        }
    }

    @inline(__always)
    private mutating func change(_ place: Int) {
        entries[place].changedIn = serial &+ 1
        guard !entries[place].isListed else { return }
        entries[place].isListed = true
        let peer = entries[place].peer
        peers[peer].changes.append(place)
        owe(peer)
    }

    private mutating func owe(_ peer: Int) {
        guard !peers[peer].isOwed else { return }
        peers[peer].isOwed = true
        owed.append(peer)
    }

    // MARK: Telling

    /// The buses that read their messages here.
    var inboxes: [String] { peerPlaces.keys.filter { peers[peerPlaces[$0]!].inboxes > 0 } }

    /// Sets a time for what has changed since the last call; returns when ``takeDue(_:)`` is to be called next.
    mutating func schedule(_ now: Instant) -> Instant? {
        var next: Instant?
        for peer in owed where peers[peer].inboxes > 0 {
            let due = peers[peer].dueAt ?? now + Self.delay
            peers[peer].dueAt = due
            next = min(next ?? due, due)
        }
        return [next, forgetAt].compactMap(\.self).min()
    }

    private var forgetAt: Instant? { away.first { isAway($0) }.map { $0.since + retention } }

    /// The buses that are to be told by now; with `everybody` all that are owed anything.
    mutating func takeDue(_ now: Instant, everybody: Bool = false) -> [String] {
        forget(now)
        return owed.compactMap { peer in
            guard peers[peer].inboxes > 0, everybody || peers[peer].dueAt.map({ $0 <= now }) == true else { return nil }
            return peers[peer].bus
        }
    }

    /// The message for a bus, which holds all that it has not acknowledged.
    mutating func message(
        to bus: String,
        from origin: String,
        socket: UInt64,
        number: UInt64,
        now: Instant
    ) -> LedgerMessage? {
        guard let place = peerPlaces[bus] else { return nil }
        serial += 1
        var message = LedgerMessage(origin: origin, socket: socket, serial: serial, number: number)
        prune(place) { !$0.isRemoved }
        for change in peers[place].changes where entries[change].announcements > 0 {
            let entry = entries[change]
            message.lines.append(.init(incarnation: entry.key.incarnation, epoch: entry.epoch, total: entry.total))
        }
        if message.lines.isEmpty {
            settle(place)
        } else {
            peers[place].dueAt = now + Self.repeats[min(peers[place].attempts, Self.repeats.count - 1)]
            peers[place].attempts += 1
        }
        return message
    }

    /// A bus has read a message of this socket.
    mutating func acknowledged(by bus: String, serial: UInt64) {
        guard let place = peerPlaces[bus], serial <= self.serial else { return }
        prune(place) { !$0.isRemoved && $0.changedIn > serial }
        (peers[place].dueAt, peers[place].attempts) = (nil, 0)
        settle(place)
    }

    /// Takes entries off a peer's list of changes.
    private mutating func prune(_ peer: Int, keeping isKept: (Entry) -> Bool) {
        var kept: [Int] = []
        for place in peers[peer].changes {
            if isKept(entries[place]) {
                kept.append(place)
            } else {
                entries[place].isListed = false
                if entries[place].isRemoved { freeEntries.append(place) }
            }
        }
        peers[peer].changes = kept
    }

    /// Takes a peer off the list of those who are owed, when nothing has changed for it.
    private mutating func settle(_ peer: Int) {
        guard !peers[peer].changes.contains(where: { entries[$0].announcements > 0 }) else { return }
        (peers[peer].dueAt, peers[peer].attempts) = (nil, 0)
        if peers[peer].isOwed {
            peers[peer].isOwed = false
            owed.removeAll { $0 == peer }
        }
        releaseIfUnused(peer)
    }

    // MARK: Entries

    private mutating func add(_ key: Key, _ prefix: WirePrefix) -> Int {
        let peer = peer(key.bus)
        lastEpoch += 1
        let entry = Entry(key: key, prefix: prefix, peer: peer, epoch: lastEpoch)
        let place = freeEntries.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        places[key] = place
        peers[peer].entries.insert(place)
        interests.update(prefix, initial: Interest()) { $0.entries.append(place) }
        generation &+= 1
        return place
    }

    private mutating func remove(_ place: Int) {
        let entry = entries[place]
        returned(place)
        entries[place].isRemoved = true
        entries[place].announcements = 0
        places[entry.key] = nil
        peers[entry.peer].entries.remove(place)
        if var interest = interests[entry.prefix] {
            interest.entries.removeAll { $0 == place }
            interests[entry.prefix] = interest.isEmpty ? nil : interest
        }
        if !entry.isListed { freeEntries.append(place) }
        generation &+= 1
        releaseIfUnused(entry.peer)
    }

    /// An entry is not away, or not any more.
    private mutating func returned(_ place: Int) {
        guard entries[place].awaySince != nil else { return }
        entries[place].awaySince = nil
        awayBytes -= entries[place].size
    }

    /// Forgets who has been away for too long, or does not fit.
    private mutating func forget(_ now: Instant) {
        let end = away.firstIndex { absence in
            guard isAway(absence) else { return false }
            guard now - absence.since >= retention || awayBytes > retentionBytes else { return true }
            remove(absence.place)
            return false
        }
        away.removeFirst(end ?? away.count)
    }

    private func isAway(_ absence: Absence) -> Bool { entries[absence.place].awaySince == absence.since }

    private mutating func peer(_ bus: String) -> Int {
        if let place = peerPlaces[bus] { return place }
        let place = freePeers.popLast() ?? peers.count
        if place == peers.count { peers.append(Peer(bus: bus)) } else { peers[place] = Peer(bus: bus) }
        peerPlaces[bus] = place
        return place
    }

    private mutating func releaseIfUnused(_ place: Int) {
        guard peers[place].inboxes == 0, peers[place].entries.isEmpty, peerPlaces[peers[place].bus] == place else { return }
        prune(place) { _ in false }
        if peers[place].isOwed { owed.removeAll { $0 == place } }
        peers[place].isOwed = false
        peerPlaces[peers[place].bus] = nil
        freePeers.append(place)
    }
}
