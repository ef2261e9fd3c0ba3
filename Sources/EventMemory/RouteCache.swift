import EventCore

/// Remembers the route of subjects that were published lately, within a bound, and forgets as little as it must.
///
/// Four-way set associative: a subject has four places, the next in turn is reused when all are taken. A route depends on
/// the patterns that match its subject, and those are counted: every change is added to one of a few counters, chosen by
/// the pattern's first three literal segments or fewer. An entry is good while the counters of its subject's own
/// prefixes stand where they stood, so a subscription to `graph.run.r7.>` leaves the routes of other runs alone.
struct RouteCache<Route: Sendable>: Sendable {
    private static var ways: Int { 4 }

    /// What is looked at first; four of them fill a cache line.
    private struct Slot {
        /// Made of the subject's hash; 0 in a slot that is vacant.
        var tag: UInt64 = 0
        /// The count of all changes when the route was last found good.
        var verifiedAt: UInt64 = 0
    }

    /// What a route stands on.
    private struct Basis {
        var prefixes: Prefixes
        /// What the counters of `prefixes` added up to when the route was made.
        var changes: UInt64
    }

    private let capacity: Int
    // One array for each part of an entry: looking for a subject reads a line of slots and copies nothing else.
    private var slots: [Slot] = []
    private var subjects: [Subject] = []
    private var routes: [Route?] = []
    private var bases: [Basis] = []
    private var victim = 0
    private var counters = [UInt64](repeating: 0, count: Prefixes.counterCount)
    private var allChanges: UInt64 = 0
    private var changesSincePurge = 0
    private(set) var count = 0

    /// Creates a cache; `capacity` is at least 1, and the cache may use a little less.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The route of a subject, if it is known and nothing that matters to it has changed.
    @inline(__always)
    mutating func route(of subject: Subject) -> Route? {
        guard let index = index(of: subject) else { return nil }
        guard slots[index].verifiedAt == allChanges || verify(index) else { return nil }
        return routes[index]
    }

    mutating func insert(_ route: Route, for subject: Subject) {
        if slots.isEmpty { allocate(placeholder: subject) }
        let index = index(of: subject) ?? vacancy(for: subject)
        if slots[index].tag == 0 { count += 1 }
        let prefixes = Prefixes(of: subject)
        slots[index] = Slot(tag: Self.tag(of: subject), verifiedAt: allChanges)
        subjects[index] = subject
        routes[index] = route
        bases[index] = Basis(prefixes: prefixes, changes: prefixes.sum(of: counters))
    }

    /// A subscription to `pattern` came or went.
    mutating func subscriptionsChanged(for pattern: Pattern) {
        counters[Prefixes.counter(of: pattern)] += 1
        allChanges += 1
        changesSincePurge += 1
        // What is stale holds mailboxes that have ended; a look at all entries is paid for by as many changes.
        if count > 0, changesSincePurge >= max(64, count) { purge() }
    }

    private mutating func purge() {
        changesSincePurge = 0
        for index in slots.indices where slots[index].tag != 0 && !isGood(index) { forget(index) }
    }

    private mutating func allocate(placeholder: Subject) {
        let sets = max(1, 1 << (Int.bitWidth - 1 - capacity.leadingZeroBitCount) / Self.ways)
        let places = min(capacity, sets * Self.ways)
        // A set is always whole, so a small cache has slots that are never filled.
        slots = Array(repeating: Slot(), count: sets * Self.ways)
        subjects = Array(repeating: placeholder, count: places)
        routes = Array(repeating: nil, count: places)
        bases = Array(repeating: Basis(prefixes: Prefixes(of: placeholder), changes: 0), count: places)
    }

    private mutating func forget(_ index: Int) {
        slots[index].tag = 0
        routes[index] = nil
        count -= 1
    }

    /// Looks whether a route is good although there were changes, and forgets it when it is not.
    @inline(never)
    private mutating func verify(_ index: Int) -> Bool {
        guard isGood(index) else {
            forget(index)
            return false
        }
        slots[index].verifiedAt = allChanges
        return true
    }

    private func isGood(_ index: Int) -> Bool {
        bases[index].changes == bases[index].prefixes.sum(of: counters)
    }

    /// The first slot of a subject's set.
    @inline(__always)
    private func set(of subject: Subject) -> Int {
        Int(truncatingIfNeeded: subject.byteHash &>> 32) & (slots.count &- Self.ways) & ~(Self.ways &- 1)
    }

    @inline(__always)
    private func index(of subject: Subject) -> Int? {
        guard !slots.isEmpty else { return nil }
        let tag = Self.tag(of: subject)
        let first = set(of: subject)
        for index in first..<first &+ Self.ways where slots[index].tag == tag && subjects[index] == subject {
            return index
        }
        return nil
    }

    @inline(__always)
    private static func tag(of subject: Subject) -> UInt64 {
        subject.byteHash | 1
    }

    private mutating func vacancy(for subject: Subject) -> Int {
        let first = set(of: subject)
        let places = first..<min(first + Self.ways, subjects.count)
        if let free = places.first(where: { slots[$0].tag == 0 }) { return free }
        victim = (victim + 1) % places.count
        return places.lowerBound + victim
    }
}

/// Which counters tell of the patterns that may match a subject: one for each of its first prefixes.
private struct Prefixes: Sendable {
    static let counterCount = 256
    private static let depth = 3

    /// The counters of the prefixes with no, one, two and three segments; those a short subject lacks repeat the first.
    private var counters = SIMD4<UInt8>(repeating: counter(of: 0))

    init(of subject: Subject) {
        subject.rawValue.withUTF8Bytes { bytes in
            var end = -1
            for length in 1...Self.depth where end < bytes.count {
                end = bytes.segmentEnd(from: end + 1)
                counters[length] = Self.counter(of: ByteHash.hash(bytes, in: 0..<end))
            }
        }
    }

    func sum(of table: [UInt64]) -> UInt64 {
        table[Int(counters[0])] &+ table[Int(counters[1])] &+ table[Int(counters[2])] &+ table[Int(counters[3])]
    }

    /// The counter of the longest prefix that a pattern fixes.
    static func counter(of pattern: Pattern) -> Int {
        pattern.rawValue.withUTF8Bytes { bytes in
            var prefix = 0
            var start = 0
            for _ in 1...depth where start < bytes.count {
                if bytes[start] == UInt8(ascii: "*") || bytes[start] == UInt8(ascii: ">") { break }
                prefix = bytes.segmentEnd(from: start)
                start = prefix + 1
            }
            return Int(prefix == 0 ? counter(of: 0) : counter(of: ByteHash.hash(bytes, in: 0..<prefix)))
        }
    }

    private static func counter(of hash: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: hash >> 24)
    }
}
