import EventCore
import Synchronization

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
    ///   - delivery: What the command line asks for.
    ///   - formatter: The form of the lines.
    /// - Throws: What the bus throws.
    init(
        on bus: any Bus,
        to pattern: Pattern,
        delivery: DeliveryOptions,
        formatter: DeliveryFormatter
    ) async throws {
        let matches = MatchCounter()
        let options = SubscriptionOptions(
            bufferCapacity: delivery.buffer,
            backpressure: delivery.backpressure,
            predicate: { delivery.accepts($0) && matches.count() }
        )
        self.matches = matches
        self.formatter = formatter
        subscription = try await bus.subscribe(to: pattern, options: options)
    }

    var id: SubscriptionID { subscription.id }
    var pattern: Pattern { subscription.pattern }

    /// How many envelopes passed the pattern and the headers so far.
    var matched: Int { matches.value }

    /// Prints what arrives until the subscription ends: in batches of what waits, so that nothing is held back.
    ///
    /// - Returns: How many envelopes were delivered.
    func printAll(to output: OutputWriter, _ diagnostics: Diagnostics) async -> Int {
        var delivered = 0
        var batch: [UInt8] = []
        for await first in subscription {
            var next: Envelope? = first
            while let envelope = next {
                delivered += 1
                do {
                    try formatter.write(envelope, to: &batch)
                } catch {
                    await diagnostics.report("envelope \(envelope.id): \(error)")
                }
                next = batch.count < Self.batchSize ? await subscription.next(within: .zero) : nil
            }
            await output.write(batch)
            batch.removeAll(keepingCapacity: true)
        }
        return delivered
    }

    /// The size from which a batch is full, in bytes.
    private static let batchSize = 64 << 10
}

/// Counts from inside a predicate, which the bus calls once for each envelope that fits the pattern.
private final class MatchCounter: Sendable {
    private let matches = Atomic(0)

    var value: Int { matches.load(ordering: .relaxed) }

    func count() -> Bool {
        matches.add(1, ordering: .relaxed)
        return true
    }
}
