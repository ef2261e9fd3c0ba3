import EventCore

/// What the buses of a fixture say they have lost.
struct Losses: Sendable {
    /// How many envelopes.
    var counted: Int
    /// How often something that nobody could count.
    var unknown: Int

    private init(counted: Int, unknown: Int) {
        (self.counted, self.unknown) = (counted, unknown)
    }

    /// Reads the links of both buses, which may be one, and may both count the same.
    init(of fixture: BusFixture) {
        let statistics = [fixture.publisher, fixture.subscriber].compactMap { $0.link?.statistics }
        counted = statistics.map(\.lost).max() ?? 0
        unknown = statistics.map(\.unknownLosses).max() ?? 0
    }

    static func - (later: Losses, earlier: Losses) -> Losses {
        Losses(counted: later.counted - earlier.counted, unknown: later.unknown - earlier.unknown)
    }
}
