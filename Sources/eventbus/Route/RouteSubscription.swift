import EventCore

/// A subscription of `eventbus route`, which counts what it matched and prints what it receives.
final class RouteSubscription: Sendable {
    private let subscription: Subscription
    private let formatter: DeliveryFormatter
    private let matches: MatchCounter

    /// Subscribes, so that nothing published from now on is missed.
    ///
    /// - Parameters:
    ///   - bus: Where to subscribe.
    ///   - pattern: What to subscribe to.
    ///   - options: Buffer, backpressure and predicate; what passes is counted.
    ///   - formatter: The form of the lines.
    /// - Throws: What the bus throws.
    init(
        on bus: any Bus,
        to pattern: Pattern,
        options: SubscriptionOptions,
        formatter: DeliveryFormatter
    ) async throws {
        let matches = MatchCounter()
        var counting = options
        counting.predicate = { options.predicate?($0) != false && matches.count() }
        self.matches = matches
        self.formatter = formatter
        subscription = try await bus.subscribe(to: pattern, options: counting)
    }

    var id: SubscriptionID { subscription.id }
    var pattern: Pattern { subscription.pattern }

    /// How many envelopes passed the pattern and the headers so far.
    var matched: Int { matches.value }

    /// Prints what arrives until the subscription ends.
    ///
    /// - Returns: How many envelopes were delivered.
    func printAll(with printer: DeliveryPrinter) async -> Int {
        await printer.printAll(of: subscription, as: formatter)
    }
}
