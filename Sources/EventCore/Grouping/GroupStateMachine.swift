import DequeModule

/// How much there is to do for a member of a group; what is less goes first.
package enum MemberLoad: Sendable, Comparable {
    /// A task waits for an envelope.
    case idle
    /// So many envelopes wait to be read, and there is room for more.
    case open(Int)
    /// So many wait, and there is room for none.
    case full(Int)
    /// Nothing is taken any more.
    case ended
}

/// The decisions of a group: who gets the next element, and which elements wait since nobody has room.
///
/// A plain value without lock or continuation; how much there is to do for a member it is told.
struct GroupStateMachine<Member: Hashable & Sendable, Element: Sendable, Publisher: Sendable>: Sendable {
    /// Names an element that waits.
    struct Place: Sendable, Hashable {
        fileprivate var number: UInt64
    }

    /// An element whose publisher waits until a member has room.
    struct Parked: Sendable {
        var element: Element
        var publisher: Publisher
        /// Who has asked for it, among those that take only what they ask for.
        var takers: Set<Member>
        /// Who came later and has not said yet whether it asks for it.
        var undecided: Set<Member> = []
        let place: Place
    }

    /// Those who are in, and whether each takes only what it asks for.
    private(set) var members: [(member: Member, isChoosy: Bool)] = []
    /// Who waits longer stands before.
    private var parked = Deque<Parked>()
    private var lastPlace: UInt64 = 0
    private var turn: UInt = 0

    var hasParked: Bool { !parked.isEmpty }

    // MARK: Members

    /// Takes a member in; one that takes only what it asks for is to be asked about ``undecided(by:)``.
    mutating func join(_ member: Member, isChoosy: Bool) {
        members.append((member, isChoosy))
        guard isChoosy else { return }
        for index in parked.indices { parked[index].undecided.insert(member) }
    }

    /// What waited when a member came that has not said yet whether it asks for it.
    func undecided(by member: Member) -> [Parked] {
        parked.filter { $0.undecided.contains(member) }
    }

    /// A member has said which of the elements that waited when it came it asks for.
    ///
    /// - Returns: What waits now that nobody would take any more.
    mutating func decided(_ member: Member, for places: Set<Place>) -> [Parked] {
        for index in parked.indices where parked[index].undecided.remove(member) != nil {
            if places.contains(parked[index].place) { parked[index].takers.insert(member) }
        }
        return removeAbandoned()
    }

    /// Removes a member.
    ///
    /// - Returns: Whether it was in, and what waits now that nobody would take any more.
    mutating func leave(_ member: Member) -> (wasIn: Bool, abandoned: [Parked]) {
        guard let index = members.firstIndex(where: { $0.member == member }) else { return (false, []) }
        members.remove(at: index)
        for index in parked.indices { parked[index].undecided.remove(member) }
        return (true, removeAbandoned())
    }

    private mutating func removeAbandoned() -> [Parked] {
        let waiting = parked
        parked = []
        var abandoned: [Parked] = []
        for entry in waiting {
            if taker(entry.takers) == nil, entry.undecided.isEmpty {
                abandoned.append(entry)
            } else {
                parked.append(entry)
            }
        }
        return abandoned
    }

    // MARK: Elements

    /// The first member that would take an element that these have asked for, if there is one.
    func taker(_ takers: Set<Member>) -> Member? {
        members.first { Self.takes($0, takers) }?.member
    }

    /// Who is to get an element: of those who would take it the one with the least to do, in turn where that is equal.
    ///
    /// - Parameters:
    ///   - takers: Who has asked for it, among those that take only what they ask for.
    ///   - load: How much there is to do for a member; asked until one is idle.
    /// - Returns: The member and its load, which may be full; `nil` when nobody who would take it takes anything any more.
    /// - Complexity: O(*m*) in the number of members, and O(1) while they are idle.
    mutating func choose(
        _ takers: Set<Member>,
        load: (Member) -> MemberLoad
    ) -> (member: Member, load: MemberLoad)? {
        turn &+= 1
        var best: (member: Member, load: MemberLoad)?
        for offset in 0..<UInt(members.count) {
            let candidate = members[Int((turn &+ offset) % UInt(members.count))]
            guard Self.takes(candidate, takers) else { continue }
            let load = load(candidate.member)
            if load < best?.load ?? .ended { best = (candidate.member, load) }
            if load == .idle { break }
        }
        return best
    }

    private static func takes(_ candidate: (member: Member, isChoosy: Bool), _ takers: Set<Member>) -> Bool {
        !candidate.isChoosy || takers.contains(candidate.member)
    }

    // MARK: Waiting

    /// Lets the publisher of an element wait, behind the others.
    mutating func park(_ element: Element, for publisher: Publisher, _ takers: Set<Member>) -> Place {
        lastPlace += 1
        let place = Place(number: lastPlace)
        parked.append(Parked(element: element, publisher: publisher, takers: takers, place: place))
        return place
    }

    /// The element that waits longest of those that a member takes.
    func firstParked(for member: Member) -> Parked? {
        guard let entry = members.first(where: { $0.member == member }) else { return nil }
        return parked.first { Self.takes(entry, $0.takers) }
    }

    /// Takes back what waits; `nil` when it does not any more.
    ///
    /// - Complexity: O(*n*) in the number of those that have waited longer, or less long if these are fewer.
    mutating func remove(_ place: Place) -> Parked? {
        parked.firstIndex { $0.place == place }.map { parked.remove(at: $0) }
    }
}
