/// What several rounds of the same work took, in nanoseconds per pass or operation.
public struct Timing: Sendable, Codable {
    /// The median of the rounds, which is what is compared.
    public var median: Double
    /// The quickest round.
    public var fastest: Double
    /// The slowest round.
    public var slowest: Double

    /// Sums rounds up.
    ///
    /// - Parameter rounds: What each took; at least one.
    public init(_ rounds: [Double]) {
        let sorted = rounds.sorted()
        median = sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        fastest = sorted.first ?? .nan
        slowest = sorted.last ?? .nan
    }

    /// The same per operation, when a pass does several.
    public func divided(by operations: Int) -> Timing {
        Timing([fastest, median, slowest].map { $0 / Double(operations) })
    }
}
