import EventCore

/// The groups in which other buses have members, as far as those have told.
///
/// It decides how envelopes are shared, and never whether one arrives twice or not at all: where it is wrong, the mark on an
/// envelope, or the server, still leaves one member.
struct GroupRoster: Sendable {
    /// How many memberships of buses are remembered.
    static let maximumCount = 1 << 16

    private var buses: [Interest: Set<String>] = [:]
    private var interests: [String: Set<Interest>] = [:]
    private var index = PatternIndex<Interest>()
    private var count = 0

    /// Whether there is no room for more, so that some may be missing.
    var isFull: Bool { count >= Self.maximumCount }

    /// A bus has members in a group.
    mutating func join(_ bus: String, _ interest: Interest) {
        guard !isFull, interests[bus, default: []].insert(interest).inserted else { return }
        if buses[interest] == nil { index.insert(interest, for: interest.pattern) }
        buses[interest, default: []].insert(bus)
        count += 1
    }

    /// A bus has no members in a group any more.
    mutating func leave(_ bus: String, _ interest: Interest) {
        guard interests[bus]?.remove(interest) != nil else { return }
        if interests[bus]?.isEmpty == true { interests[bus] = nil }
        buses[interest]?.remove(bus)
        count -= 1
        guard buses[interest]?.isEmpty == true else { return }
        buses[interest] = nil
        index.remove(interest, for: interest.pattern)
    }

    /// A bus has gone, or says anew what it is in.
    mutating func forget(_ bus: String) {
        for interest in interests[bus] ?? [] { leave(bus, interest) }
    }

    /// The buses that have members in a group.
    func members(of interest: Interest) -> Set<String> { buses[interest] ?? [] }

    /// The buses that have members in any group that a subject goes to.
    func subscribers(of subject: Subject) -> Set<String> {
        var found: Set<String> = []
        index.forEachMatch(of: subject) { found.formUnion(members(of: $0)) }
        return found
    }

    /// What stands for the groups that a bus has members in.
    func digest(of bus: String) -> UInt64 { interests[bus]?.digest ?? 0 }

    /// Whether a bus is in any group.
    func isInAny(_ bus: String) -> Bool { interests[bus] != nil }
}
