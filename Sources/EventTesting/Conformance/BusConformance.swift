/// The conformance suite: the rules every `Bus` keeps, as cases that can be run against any of them.
///
/// ```swift
/// @Test(arguments: BusConformance.cases(for: .inProcess))
/// func keeps(_ rule: ConformanceCase) async throws {
///     try await rule.run { observer in
///         let bus = MemoryBus(observer: observer)
///         return BusFixture(publisher: bus, subscriber: bus)
///     }
/// }
/// ```
public enum BusConformance {
    /// The cases that apply to a bus.
    ///
    /// - Parameter profile: What the bus promises.
    /// - Returns: Every case that needs no more than that, grouped by topic.
    public static func cases(for profile: BusProfile) -> [ConformanceCase] {
        all.filter { profile.kept.isSuperset(of: $0.needs) }.map { $0.listed(for: profile) }
    }

    private static let all: [ConformanceCase] = [
        PublishCases.all,
        FillingCases.all,
        AccountingCases.all,
        OrderCases.all,
        BackpressureCases.all,
        CancellationCases.all,
        MatchingCases.all,
        TransparencyCases.all,
        SubscribeCases.all,
        ReadingCases.all,
        SubscriptionEndCases.all,
        PredicateCases.all,
        GroupCases.all,
        GroupChoiceCases.all,
        GroupEndCases.all,
        CloseCases.all,
        ClosingRaceCases.all,
        ObserverCases.all,
        ObservedSubscriptionCases.all,
        LinkCases.all,
    ].flatMap(\.self)
}
