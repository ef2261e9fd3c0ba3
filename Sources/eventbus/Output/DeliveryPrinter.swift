import EventCore

/// Prints what subscriptions receive, each in its order.
struct DeliveryPrinter: Sendable {
    let output: OutputWriter
    let diagnostics: Diagnostics
    /// How many envelopes are printed over all subscriptions; without one, all are.
    var quota: DeliveryQuota?

    /// Prints what arrives until the subscription ends: in batches of what waits, so that nothing is held back.
    ///
    /// - Parameters:
    ///   - subscription: What to print; nothing else may read from it.
    ///   - formatter: The form of the lines.
    /// - Returns: How many envelopes were printed; a batch that could not be written whole counts as none.
    func printAll(of subscription: Subscription, as formatter: DeliveryFormatter) async -> Int {
        var delivered = 0
        var batch: [UInt8] = []
        for await first in subscription {
            var next: Envelope? = first
            var count = 0
            while let envelope = next, quota?.take() != false {
                count += 1
                do {
                    try formatter.write(envelope, to: &batch)
                } catch {
                    await diagnostics.report(error, at: "envelope \(envelope.id)")
                }
                next = batch.count < Self.batchSize ? await subscription.next(within: .zero) : nil
            }
            if await output.write(batch) { delivered += count }
            batch.removeAll(keepingCapacity: true)
        }
        return delivered
    }

    /// The size from which a batch is full, in bytes.
    private static let batchSize = 64 << 10
}
