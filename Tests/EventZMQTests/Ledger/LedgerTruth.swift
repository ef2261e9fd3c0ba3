/// What an account should say, in the plainest way: for each envelope whether it was received, and by which announcements
/// it was missed.
struct LedgerTruth: Hashable {
    private struct Base: Hashable {
        var prefix: Int
        var epoch: UInt64
        /// The last envelope before it began.
        var number: UInt64
        /// The last envelope that the subscriber has been told of.
        var told: UInt64
    }

    private var bases: [UInt64: Base] = [:]
    private var received: Set<UInt64> = []
    /// What was missed by announcements that were given up since, and how many by each prefix.
    private var missedBefore: Set<UInt64> = []
    private var missedBeforeByPrefix: [Int] = []
    /// The announcements that the publisher has forgotten and the subscriber was not told of.
    private(set) var forgotten: Set<UInt64> = []
    /// What the account has said of each prefix so far.
    var saidByPrefix: [Int] = []
    private(set) var mistake: String?

    init() {}

    init(prefixes count: Int) {
        missedBeforeByPrefix = [Int](repeating: 0, count: count)
        saidByPrefix = missedBeforeByPrefix
    }

    func isBased(_ incarnation: UInt64) -> Bool { bases[incarnation] != nil }

    mutating func receive(_ number: UInt64, covers: (Int) -> Bool) {
        received.insert(number)
        // An announcement that came later says nothing of it.
        if bases.values.contains(where: { $0.number < number && covers($0.prefix) }) { missedBefore.remove(number) }
    }

    /// The subscriber has been told the total of an announcement.
    mutating func told(_ incarnation: UInt64, epoch: UInt64, prefix: Int, number: UInt64, covers: (UInt64) -> Bool) {
        let base = Base(prefix: prefix, epoch: epoch, number: number, told: number)
        guard let known = bases[incarnation] else {
            bases[incarnation] = base
            return
        }
        if known.epoch == epoch {
            bases[incarnation]?.told = number
        } else if epoch > known.epoch {
            if forgotten.remove(incarnation) == nil {
                mistake = "\(incarnation) has another epoch, but was not forgotten"
            }
            giveUp(incarnation, covers: covers)
            bases[incarnation] = base
        }
    }

    /// The publisher has forgotten an announcement.
    mutating func forget(_ incarnation: UInt64) {
        if bases[incarnation] != nil { forgotten.insert(incarnation) }
    }

    /// The subscriber gives up an announcement, or begins it anew.
    mutating func giveUp(_ incarnation: UInt64, covers: (UInt64) -> Bool) {
        guard let base = bases.removeValue(forKey: incarnation) else { return }
        forgotten.remove(incarnation)
        let missed = missed(base, to: base.told, covers)
        missedBefore.formUnion(missed)
        missedBeforeByPrefix[base.prefix] += missed.count
    }

    private func missed(_ base: Base, to number: UInt64, _ covers: (UInt64) -> Bool) -> Set<UInt64> {
        guard base.number < number else { return [] }
        return Set((base.number + 1...number).filter { covers($0) && !received.contains($0) })
    }

    /// How many envelopes were missed, when the subscriber has been told of all up to a number.
    func missed(to number: UInt64, covers: (Int, UInt64) -> Bool) -> (all: Int, byPrefix: [Int]) {
        var all = missedBefore
        var byPrefix = missedBeforeByPrefix
        for base in bases.values {
            let missed = missed(base, to: number) { covers(base.prefix, $0) }
            all.formUnion(missed)
            byPrefix[base.prefix] += missed.count
        }
        return (all.count, byPrefix)
    }
}
