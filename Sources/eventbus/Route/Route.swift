import EventCore

/// The flow of `eventbus route`: lines become envelopes on a bus, deliveries become lines of output.
struct Route {
    let bus: any Bus
    let output: OutputWriter
    let diagnostics: Diagnostics

    /// Publishes every line, then closes the bus and waits until the subscriptions have run dry.
    ///
    /// - Parameters:
    ///   - lines: The input.
    ///   - subscriptions: What to print, all of them open on ``bus``.
    ///   - drops: The observer of ``bus``.
    /// - Returns: What became of the envelopes, once all output is written.
    func run(_ lines: LineReader, to subscriptions: [RouteSubscription], drops: DropCounter) async -> RouteReport {
        let printer = DeliveryPrinter(output: output, diagnostics: diagnostics)
        return await withTaskGroup { group in
            for (index, subscription) in subscriptions.enumerated() {
                group.addTask { (index, await subscription.printAll(with: printer)) }
            }
            await publish(lines)
            await bus.close()

            var delivered = Array(repeating: 0, count: subscriptions.count)
            for await (index, count) in group { delivered[index] = count }

            return RouteReport(
                rows: zip(subscriptions, delivered).map { subscription, delivered in
                    RouteReport.Row(
                        pattern: subscription.pattern.rawValue,
                        matched: subscription.matched,
                        delivered: delivered,
                        dropped: drops[subscription.id]
                    )
                }
            )
        }
    }

    private func publish(_ lines: LineReader) async {
        var lines = lines
        do {
            try await LinePublisher(bus: bus, diagnostics: diagnostics).publish(&lines)
        } catch {
            await diagnostics.report(error)
        }
    }
}
