import EventCore

/// Remembers the route of subjects that were published lately, within a bound, and forgets as little as it must.
///
/// Four-way set associative: a subject has four places, the next in turn is reused when all are taken. A route depends on
/// the patterns that match its subject, and those are counted: every change is added to one of a few counters, chosen by
/// the pattern's first three literal segments or fewer. An entry is good while the counters of its subject's own
/// prefixes stand where they stood, so a subscription to `graph.run.r7.>` leaves the routes of other runs alone.
struct RouteCache<Route: Sendable>: Sendable {
    /// What has to be as it was for a route to be good.
    private struct Basis {
        var prefixes: Prefixes
        /// What the counters of `prefixes` added up to.
        var changes: UInt64
        /// The count of all changes when the route was last found good.
        var verifiedAt: UInt64
    }

    /// The tag of a place that is vacant; others are made of the subject's hash.
    private static var vacant: UInt64 { 0 }

    private let ways: Int
    private let setCount: Int
    // One array for each part of an entry: looking for a subject reads a single line of tags and copies nothing.
    private var routes: [Route?] = []
    private var subjects: [Subject] = []
    private var tags: [UInt64] = []
    private var bases: [Basis] = []
    private var victim = 0
    private var counters = [UInt64](repeating: 0, count: Prefixes.counterCount)
    private var allChanges: UInt64 = 0
    private var changesSincePurge = 0
    private(set) var count = 0

    /// Creates a cache; `capacity` is at least 1, and the cache may use a little less.
    init(capacity: Int) {
        ways = min(4, capacity)
        setCount = 1 << (capacity / ways).logarithm
    }

    /// The route of a subject, if it is known and nothing that matters to it has changed.
    mutating func route(of subject: Subject) -> Route? {
        guard let index = index(of: subject) else { return nil }
        if bases[index].verifiedAt != allChanges {
            guard isGood(index) else {
                forget(index)
                return nil
            }
            bases[index].verifiedAt = allChanges
        }
        return routes[index]
    }

    mutating func insert(_ route: Route, for subject: Subject) {
        if tags.isEmpty { allocate(placeholder: subject) }
        let index = index(of: subject) ?? vacancy(for: subject)
        if tags[index] == Self.vacant { count += 1 }
        let prefixes = Prefixes(of: subject)
        tags[index] = Self.tag(of: subject)
        subjects[index] = subject
        routes[index] = route
        bases[index] = Basis(prefixes: prefixes, changes: prefixes.sum(of: counters), verifiedAt: allChanges)
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
        for index in tags.indices where tags[index] != Self.vacant && !isGood(index) { forget(index) }
    }

    private mutating func allocate(placeholder: Subject) {
        let places = ways * setCount
        tags = Array(repeating: Self.vacant, count: places)
        subjects = Array(repeating: placeholder, count: places)
        routes = Array(repeating: nil, count: places)
        bases = Array(
            repeating: Basis(prefixes: Prefixes(of: placeholder), changes: 0, verifiedAt: 0),
            count: places
        )
    }

    private mutating func forget(_ index: Int) {
        tags[index] = Self.vacant
        routes[index] = nil
        count -= 1
    }

    private func isGood(_ index: Int) -> Bool {
        bases[index].changes == bases[index].prefixes.sum(of: counters)
    }

    private func set(of subject: Subject) -> Range<Int> {
        let first = Int(truncatingIfNeeded: subject.byteHash &>> 32 & UInt64(setCount - 1)) * ways
        return first..<first + ways
    }

    private func index(of subject: Subject) -> Int? {
        guard !tags.isEmpty else { return nil }
        let tag = Self.tag(of: subject)
        for index in set(of: subject) where tags[index] == tag && subjects[index] == subject { return index }
        return nil
    }

    private static func tag(of subject: Subject) -> UInt64 {
        subject.byteHash | 1
    }

    private mutating func vacancy(for subject: Subject) -> Int {
        let places = set(of: subject)
        if let free = places.first(where: { tags[$0] == Self.vacant }) { return free }
        victim = (victim + 1) % ways
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

extension Int {
    /// The greatest *n* such that 2ⁿ is not above the number, which is positive.
    fileprivate var logarithm: Int {
        Int.bitWidth - 1 - leadingZeroBitCount
    }
}
