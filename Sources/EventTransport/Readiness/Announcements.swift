package import EventCore

/// The numbers of the announcements that a bus makes: a new one whenever it comes to a prefix, also to one that it had
/// before and gave up, and the same when a connection is made anew.
package struct Announcements: Sendable, Hashable {
    private var incarnations = PrefixMap<UInt64>()
    private var prefixes: [UInt64: WirePrefix] = [:]
    private var leaving: [UInt64: WirePrefix] = [:]
    /// How many numbers that were given up stand for each prefix.
    private var leavingCounts: [WirePrefix: Int] = [:]
    package private(set) var last: UInt64 = 0

    /// Creates a list without announcements.
    package init() {}

    /// The number of a prefix that is announced.
    package subscript(prefix: WirePrefix) -> UInt64? { incarnations[prefix] }

    /// The last number that is in use.
    package var newest: UInt64? { prefixes[last] == nil ? prefixes.keys.max() : last }

    /// All that is announced, in no particular order.
    package var all: some Collection<(key: UInt64, value: WirePrefix)> { prefixes }

    /// Whether a prefix is announced, or was and has not been closed by all publishers.
    package func isNeeded(_ prefix: WirePrefix) -> Bool {
        incarnations[prefix] != nil || leavingCounts[prefix] != nil
    }

    /// The least number of those whose prefix covers a subject.
    package func first(covering subject: Subject) -> UInt64? {
        var first: UInt64?
        incarnations.forEach(covering: subject) { _, incarnation in
            first = min(first ?? incarnation, incarnation)
            return true
        }
        return first
    }

    package mutating func add(_ prefix: WirePrefix) -> UInt64 {
        last += 1
        incarnations[prefix] = last
        prefixes[last] = prefix
        return last
    }

    /// Gives a prefix up; its number stays in use until it is closed.
    package mutating func leave(_ prefix: WirePrefix) -> UInt64? {
        guard let incarnation = incarnations[prefix] else { return nil }
        incarnations[prefix] = nil
        prefixes[incarnation] = nil
        leaving[incarnation] = prefix
        leavingCounts[prefix, default: 0] += 1
        return incarnation
    }

    /// A number is no longer in use; returns its prefix.
    package mutating func close(_ incarnation: UInt64) -> WirePrefix? {
        guard let prefix = leaving.removeValue(forKey: incarnation) else { return nil }
        let count = leavingCounts[prefix] ?? 0
        leavingCounts[prefix] = count > 1 ? count - 1 : nil
        return prefix
    }
}
