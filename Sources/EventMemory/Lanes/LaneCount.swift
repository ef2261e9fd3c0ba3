/// How many lanes a bus has.
///
/// A lane that nobody takes costs a few hundred bytes, one that is used costs a cache of routes.
enum LaneCount {
    private static let range = 4...64

    /// How many lanes there should be.
    ///
    /// Each processor gets a lane of its own where that can be: a processor takes the lane that its number has modulo the
    /// number of lanes. With a quota, threads go from processor to processor and only so many run at a moment, so there are
    /// lanes for these, and whoever finds a lane taken goes to the next.
    ///
    /// - Parameters:
    ///   - processors: The numbers of the processors that may be used.
    ///   - quota: How many processors' time may be used, if that is limited.
    /// - Returns: A power of two from 4 to 64.
    static func best(for processors: [Int], quota: Double?) -> Int {
        let sizes = range.filter { $0.nonzeroBitCount == 1 }
        let quota = quota.map { min($0, 64).rounded(.up) } ?? .infinity
        if quota < Double(processors.count) { return sizes.first { Double($0) >= quota } ?? range.upperBound }
        return sizes.first { size in Set(processors.map { $0 % size }).count == processors.count } ?? range.upperBound
    }
}
