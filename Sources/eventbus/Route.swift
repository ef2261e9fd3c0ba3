import EventCore
import Foundation

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
        await withTaskGroup { group in
            for (index, subscription) in subscriptions.enumerated() {
                group.addTask { (index, await subscription.printAll(to: output, diagnostics)) }
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

    /// Each batch is decoded whole before any of it is published: its envelopes then follow one another so closely that
    /// a subscriber wakes once for many of them.
    private func publish(_ lines: LineReader) async {
        var lines = lines
        do {
            while let batch = try await lines.nextBatch() {
                for envelope in await decode(batch, of: lines.name) { try await bus.publish(envelope) }
            }
        } catch {
            await diagnostics.report("\(error)")
        }
    }

    /// The envelopes of the lines that hold one; a malformed line is reported.
    private func decode(_ lines: [Line], of file: String) async -> [Envelope] {
        var envelopes: [Envelope] = []
        for line in lines {
            do {
                if let envelope = try line.envelope() { envelopes.append(envelope) }
            } catch {
                await diagnostics.report("\(file):\(line.number): \(error)")
            }
        }
        return envelopes
    }
}
