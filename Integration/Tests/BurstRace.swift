import IntegrationSupport
import Testing

/// Compares how long bursts on two subjects take until a reader has all of them.
///
/// On a busy machine one burst tells little. So there are many small ones in pairs, next to each other and by turns the
/// one or the other first, and what counts is the median of the pairs' ratios. When that is over the bound there are
/// more pairs, which bring it closer to the truth, until the time is up.
struct BurstRace {
    struct Outcome: CustomStringConvertible {
        fileprivate var ratios: [Double] = []

        /// How much longer the one takes than the other, mostly.
        var median: Double { ratios.sorted()[ratios.count / 2] }
        var isSlowed: Bool { median > 1.1 }
        var description: String { "\(median) times as long in the median of \(ratios.count) pairs" }
    }

    /// The size of a burst; of a queue of four at least two are sure to find room, for libzmq notices by halves what
    /// has been read.
    static let burst = 500
    static let highWaterMark = 4 * burst
    private static let pairs = 150
    private static let patience = Duration.seconds(60)

    let publisher: Peer
    let reader: Peer

    func run(_ subject: String, against baseline: String) async throws -> Outcome {
        var outcome = Outcome()
        let deadline = ContinuousClock.now + Self.patience
        while outcome.ratios.count < Self.pairs || outcome.isSlowed && .now < deadline {
            let isBaselineFirst = outcome.ratios.count.isMultiple(of: 2)
            let first = outcome.ratios.count * Self.burst + 1
            var times: [String: Duration] = [:]
            for subject in isBaselineFirst ? [baseline, subject] : [subject, baseline] {
                times[subject] = try await time(first, on: subject)
            }
            outcome.ratios.append(try #require(times[subject]) / #require(times[baseline]))
        }
        return outcome
    }

    private func time(_ first: Int, on subject: String) async throws -> Duration {
        let last = first + Self.burst - 1
        let begin = ContinuousClock.now
        try await publisher.publish(first...last, on: subject)
        let tally = try await reader.receive(last, on: subject)
        let time = ContinuousClock.now - begin
        #expect(tally == Tally(received: last))
        return time
    }
}
