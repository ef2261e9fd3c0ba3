import EventCore

/// Remembers the route of subjects that were published lately, within a bound, and forgets as little as it must.
///
/// Four-way set associative: a subject has four places, the next in turn is reused when all are taken. An entry is good
/// while the counters of its subject's prefixes stand where they stood before its route was made.
struct RouteCache<Route: Sendable>: Sendable {
    private static var ways: Int { 4 }

    /// What is looked at first; four of them fill a cache line.
    private struct Slot {
        /// Made of the subject's hash; 0 in a slot that is vacant.
        var tag: UInt64 = 0
        /// The count of all changes when the route was last found good.
        var verifiedAt: UInt64 = 0
    }

    /// What a route stands on: how many changes there had been before it was made.
    struct Basis: Sendable {
        fileprivate var prefixes: ChangePrefixes
        fileprivate var sum: UInt64
        fileprivate var total: UInt64
    }

    private let capacity: Int
    private let changes: ChangeCounters
    // One array for each part of an entry: looking for a subject reads a line of slots and copies nothing else.
    private var slots: [Slot] = []
    private var subjects: [Subject] = []
    private var routes: [Route?] = []
    private var bases: [Basis] = []
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
    @inline(__always)
    mutating func find(_ subject: Subject) -> Int? {
        guard let index = index(of: subject) else { return nil }
        let total = changes.total
        guard slots[index].verifiedAt == total || verify(index, total) else { return nil }
        return index
    }

    /// A route that was found; the index is good until the cache is changed.
    subscript(index: Int) -> Route? {
        @inline(__always) get { routes[index] }
    }

    /// What the route of a subject will stand on; to be asked for before the route is made.
    func basis(for subject: Subject) -> Basis {
        let total = changes.total
        let prefixes = ChangePrefixes(of: subject)
        return Basis(prefixes: prefixes, sum: changes.sum(of: prefixes), total: total)
    }

    /// Remembers a route.
    ///
    /// - Returns: Where it is.
    @discardableResult
    mutating func insert(_ route: Route, for subject: Subject, on basis: Basis) -> Int {
        if slots.isEmpty { allocate(sets: 1, placeholder: subject, basis) }
        let index = index(of: subject) ?? vacancy(for: subject) ?? place(for: subject, basis)
        if slots[index].tag == 0 { count += 1 }
        slots[index] = Slot(tag: Self.tag(of: subject), verifiedAt: basis.total)
        subjects[index] = subject
        routes[index] = route
        bases[index] = basis
        return index
    }

    /// Forgets every route that is good no more, for such a route holds mailboxes that have ended.
    mutating func purge() {
        for index in slots.indices where slots[index].tag != 0 && !isGood(index) { forget(index) }
    }

    private mutating func allocate(sets: Int, placeholder: Subject, _ basis: Basis) {
        let places = min(capacity, sets * Self.ways)
        // A set is always whole, so a small cache has slots that are never filled.
        slots = Array(repeating: Slot(), count: sets * Self.ways)
        subjects = Array(repeating: placeholder, count: places)
        routes = Array(repeating: nil, count: places)
        bases = Array(repeating: basis, count: places)
    }

    private mutating func forget(_ index: Int) {
        slots[index].tag = 0
        routes[index] = nil
        count -= 1
    }

    /// Looks whether a route is good although there were changes, and forgets it when it is not.
    @inline(never)
    private mutating func verify(_ index: Int, _ total: UInt64) -> Bool {
        guard isGood(index) else {
            forget(index)
            return false
        }
        slots[index].verifiedAt = total
        return true
    }

    private func isGood(_ index: Int) -> Bool {
        bases[index].sum == changes.sum(of: bases[index].prefixes)
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

    private func places(for subject: Subject) -> Range<Int> {
        let first = set(of: subject)
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
            subjects[vacancy] = old.subjects[index]
            routes[vacancy] = old.routes[index]
            bases[vacancy] = old.bases[index]
        }
    }
}
