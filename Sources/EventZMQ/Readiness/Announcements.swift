import EventCore

/// The numbers of the announcements that a bus makes: a new one whenever it comes to a prefix, also to one that it had
/// before and gave up, and the same when a connection is made anew.
struct Announcements: Sendable, Hashable {
    private var incarnations = PrefixMap<UInt64>()
    private var prefixes: [UInt64: WirePrefix] = [:]
    private(set) var last: UInt64 = 0

    /// The number of a prefix that is announced.
    subscript(prefix: WirePrefix) -> UInt64? { incarnations[prefix] }

    /// The prefix of a number that is in use.
    func prefix(of incarnation: UInt64) -> WirePrefix? { prefixes[incarnation] }

    /// All that is announced, in no particular order.
    var all: some Collection<(key: UInt64, value: WirePrefix)> { prefixes }

    /// The least number of those whose prefix covers a subject.
    func first(covering subject: Subject) -> UInt64? {
        var first: UInt64?
        incarnations.forEach(covering: subject) { _, incarnation in
            first = min(first ?? incarnation, incarnation)
            return true
        }
        return first
    }

    mutating func add(_ prefix: WirePrefix) -> UInt64 {
        last += 1
        incarnations[prefix] = last
        prefixes[last] = prefix
        return last
    }

    mutating func remove(_ prefix: WirePrefix) -> UInt64? {
        guard let incarnation = incarnations[prefix] else { return nil }
        incarnations[prefix] = nil
        prefixes[incarnation] = nil
        return incarnation
    }
}
