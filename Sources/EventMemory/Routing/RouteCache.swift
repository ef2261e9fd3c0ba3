import EventCore

/// Remembers the route of subjects that were published lately, within a bound, and forgets as little as it must.
///
/// Four-way set associative: a subject has four places, the next in turn is reused when all are taken. An entry is good
/// while the counters of its subject's prefixes stand where they stood before its route was made.
struct RouteCache<Route: Sendable>: Sendable {
    private static var ways: Int { 4 }

    /// What is looked at first.
    private struct Slot {
        /// Made of the subject's hash; 0 in a slot that is vacant.
        var tag: UInt64 = 0
        /// What the counters of the subject's prefixes added up to when its route was made, and which they are.
        var basis: Basis
    }

    /// What a route stands on: how many changes there had been before it was made.
    struct Basis: Sendable {
        fileprivate var prefixes: ChangePrefixes
        fileprivate var sum: UInt64
    }

    private let capacity: Int
    private let changes: ChangeCounters
    // One array for each part of an entry: looking for a subject reads a line of slots and copies nothing else.
    private var slots: [Slot] = []
    private var identities: [SubjectIdentity] = []
    private var subjects: [Subject] = []
    private var routes: [Route?] = []
    private var victim = 0
    private(set) var count = 0

    /// Creates a cache.
    ///
    /// - Parameters:
    ///   - capacity: At least 1; the cache may use a little less.
    ///   - changes: What counts the changes that routes depend on.
    init(capacity: Int, changes: ChangeCounters) {
        self.capacity = capacity
        self.changes = changes
    }

    /// Where the route of a subject is, if it is known and nothing that matters to it has changed.
    @inline(never)
    mutating func find(_ subject: Subject) -> Int? {
        index(of: subject).flatMap { isGood($0) ? $0 : nil }
    }

    /// The same for a subject whose text is the very one that the route was inserted for, as it is on a hot subject.
    // Both are `mutating`, and change nothing, so that a lane looks into its cache where it lies: otherwise it would
    // retain each array first, which doubles the cost of a publish.
    @inline(__always)
    mutating func find(_ identity: SubjectIdentity) -> Int? {
        guard !slots.isEmpty else { return nil }
        let tag = Self.tag(of: identity.byteHash)
        let first = set(of: identity.byteHash)
        for index in first..<first &+ Self.ways where slots[index].tag == tag && identities[index] == identity {
            return isGood(index) ? index : nil
        }
        return nil
    }

    /// A route that was found; the index is good until the cache is changed.
    subscript(index: Int) -> Route? {
        @inline(__always) get { routes[index] }
    }

    /// What the route of a subject will stand on; to be asked for before the route is made.
    func basis(for subject: Subject) -> Basis {
        let prefixes = ChangePrefixes(of: subject)
        return Basis(prefixes: prefixes, sum: changes.sum(of: prefixes))
    }

    /// Remembers a route.
    ///
    /// - Returns: Where it is.
    @discardableResult
    mutating func insert(_ route: Route, for subject: Subject, on basis: Basis) -> Int {
        if slots.isEmpty { allocate(sets: 1, placeholder: subject, basis) }
        let index = index(of: subject) ?? vacancy(for: subject) ?? place(for: subject, basis)
        if slots[index].tag == 0 { count += 1 }
        slots[index] = Slot(tag: Self.tag(of: subject.byteHash), basis: basis)
        identities[index] = subject.identity
        subjects[index] = subject
        routes[index] = route
        return index
    }

    /// Forgets every route that is good no more, for such a route may hold mailboxes that have ended.
    mutating func purge() {
        for index in slots.indices where slots[index].tag != 0 && !isGood(index) { forget(index) }
    }

    private mutating func allocate(sets: Int, placeholder: Subject, _ basis: Basis) {
        let places = min(capacity, sets * Self.ways)
        // A set is always whole, so a small cache has slots that are never filled.
        slots = Array(repeating: Slot(basis: basis), count: sets * Self.ways)
        identities = Array(repeating: placeholder.identity, count: places)
        subjects = Array(repeating: placeholder, count: places)
        routes = Array(repeating: nil, count: places)
    }

    private mutating func forget(_ index: Int) {
        slots[index].tag = 0
        routes[index] = nil
        count -= 1
    }

    @inline(__always)
    private func isGood(_ index: Int) -> Bool {
        slots[index].basis.sum == changes.sum(of: slots[index].basis.prefixes)
    }

    /// The first slot of a subject's set.
    @inline(__always)
    private func set(of byteHash: UInt64) -> Int {
        Int(truncatingIfNeeded: byteHash &>> 32) & (slots.count &- Self.ways) & ~(Self.ways &- 1)
    }

    private func index(of subject: Subject) -> Int? {
        guard !slots.isEmpty else { return nil }
        let tag = Self.tag(of: subject.byteHash)
        let first = set(of: subject.byteHash)
        for index in first..<first &+ Self.ways where slots[index].tag == tag && subjects[index] == subject {
            return index
        }
        return nil
    }

    @inline(__always)
    private static func tag(of byteHash: UInt64) -> UInt64 {
        byteHash | 1
    }

    private func places(for subject: Subject) -> Range<Int> {
        let first = set(of: subject.byteHash)
        return first..<min(first + Self.ways, subjects.count)
    }

    private func vacancy(for subject: Subject) -> Int? {
        places(for: subject).first { slots[$0].tag == 0 }
    }

    /// Makes room in a set that is full: the table doubles while it may, and then another subject has to go.
    private mutating func place(for subject: Subject, _ basis: Basis) -> Int {
        while slots.count * 2 <= capacity {
            double(placeholder: subject, basis)
            if let vacancy = vacancy(for: subject) { return vacancy }
        }
        let places = places(for: subject)
        victim = (victim + 1) % places.count
        return places.lowerBound + victim
    }

    private mutating func double(placeholder: Subject, _ basis: Basis) {
        let old = self
        allocate(sets: slots.count * 2 / Self.ways, placeholder: placeholder, basis)
        // A set is split in two, neither of which can be too small.
        for index in old.slots.indices where old.slots[index].tag != 0 {
            guard let vacancy = vacancy(for: old.subjects[index]) else { continue }
            slots[vacancy] = old.slots[index]
            identities[vacancy] = old.identities[index]
            subjects[vacancy] = old.subjects[index]
            routes[vacancy] = old.routes[index]
        }
    }
}
