import Synchronization

/// Counts from inside a predicate, which the bus calls once for each envelope that fits the pattern.
final class MatchCounter: Sendable {
    // Relaxed: the number only grows and guards nothing; it is read for a report, when what is counted has arrived.
    private let matches = Atomic(0)

    var value: Int { matches.load(ordering: .relaxed) }

    func count() -> Bool {
        matches.add(1, ordering: .relaxed)
        return true
    }
}
