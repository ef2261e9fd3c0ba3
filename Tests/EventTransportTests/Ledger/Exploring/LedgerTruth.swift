import TransportSupport

/// What an account should say, in the plainest way: for each envelope whether it was received.
struct LedgerTruth: Hashable {
    private(set) var received: Set<UInt64> = []
    /// Envelopes that may be said to be lost or not: nobody can know, or nobody cares.
    private(set) var excused: Set<UInt64> = []
    /// Announcements that were given up, and the publisher has not said what it had counted for them last.
    var givenUp: Set<UInt64> = []
    /// Whether the publisher has ever forgotten anything, and the prefixes that the subscriber has still to be told of.
    var hasForgotten = false
    var forgotten: Set<Int> = []
    /// What the account has said of each prefix so far.
    var saidByPrefix: [Int] = []

    mutating func receive(_ number: UInt64) {
        received.insert(number)
    }

    mutating func excuse(_ numbers: some Sequence<UInt64>) {
        excused.formUnion(numbers)
    }

    /// How many of the envelopes that were counted were missed: at least, and at most.
    func missed(of counted: [UInt64]) -> ClosedRange<Int> {
        let missed = counted.count { !received.contains($0) && !excused.contains($0) }
        return missed...missed + counted.count { excused.contains($0) }
    }
}
