import EventCore
import Foundation

/// The flow of `eventbus sub`: what is published on a bus becomes lines of output.
struct Reception: Sendable {
    let bus: any Bus
    let patterns: [Pattern]
    let options: SubscriptionOptions
    let printer: DeliveryPrinter
    let formatter: DeliveryFormatter
    let drops: DropNotices
    /// Whether to keep to losses and problems.
    let isQuiet: Bool
    let stop: StopSwitch

    /// How a reception ended.
    struct Outcome: Sendable {
        let reason: StopSwitch.Reason
        let tally: ReceptionTally
        /// The patterns that were still to be confirmed.
        let unconfirmed: [Pattern]
        /// How many envelopes had come for those, and are not printed.
        let early: Int
        /// What kept the bus from subscribing.
        let failure: (any Error)?
    }

    /// Subscribes and prints until there is a reason to stop, then prints what has arrived by then.
    ///
    /// - Parameter deadline: When to stop at the latest; the time it takes to subscribe counts.
    /// - Returns: Why it stopped, and what became of the envelopes.
    func run(until deadline: ContinuousClock.Instant?) async -> Outcome {
        if !isQuiet { await bus.announceEndpoints(on: printer.diagnostics) }
        let losses = bus.link.map { narrator.losses(on: $0) }
        let link = isQuiet ? nil : bus.link
        let wait = link.map { narrator.wait(for: "publishers to confirm \(list)", after: Self.patience, on: $0) }
        let matches = patterns.map { _ in MatchCounter() }
        // Not children of the group: they are cancelled alone, or what is buffered would not be printed.
        let openings = patterns.indices.map { index in Task { try await open(index, counting: matches[index]) } }
        let reason = await withTaskGroup { group in
            group.addTask { await narrator.tellDrops(drops) }
            if !isQuiet { group.addTask { await announce(openings, after: wait) } }
            for opening in openings { group.addTask { await print(opening) } }

            let reason = await stop.wait(orClosed: STDOUT_FILENO, until: deadline)
            for opening in openings { opening.cancel() }
            await bus.close()
            drops.finish()
            return reason
        }
        await losses?.value
        return await outcome(of: openings, matches, reason)
    }

    private var narrator: LinkNarrator { LinkNarrator(diagnostics: printer.diagnostics) }

    /// Subscribes to a pattern, and leaves out what an earlier one prints.
    private func open(_ index: Int, counting matches: MatchCounter) async throws -> Subscription {
        let earlier = patterns[..<index]
        var options = options
        options.predicate = { [accepts = options.predicate] envelope in
            accepts?(envelope) != false && !earlier.contains { $0.matches(envelope.subject) } && matches.count()
        }
        let subscription = try await bus.subscribe(to: patterns[index], options: options)
        if !isQuiet, let confirmation = subscription.confirmation {
            await narrator.tell(confirmation, of: patterns[index])
        }
        return subscription
    }

    private func print(_ opening: Task<Subscription, any Error>) async {
        if let subscription = try? await opening.value {
            _ = await printer.printAll(of: subscription, as: formatter)
        }
        stop.trip()
    }

    /// Tells when all subscriptions are in effect; until then `wait` tells what is missing.
    private func announce(_ openings: [Task<Subscription, any Error>], after wait: Task<Void, Never>?) async {
        var areOpen = true
        for opening in openings {
            if case .failure = await opening.result { areOpen = false }
        }
        wait?.cancel()
        await wait?.value
        if areOpen { await printer.diagnostics.note("subscribed to \(list)") }
    }

    private var list: String { patterns.map(\.rawValue.printable).joined(separator: ", ") }

    private func outcome(
        of openings: [Task<Subscription, any Error>],
        _ matches: [MatchCounter],
        _ reason: StopSwitch.Reason
    ) async -> Outcome {
        var counts: [SubscriptionCounts] = []
        var unconfirmed: [Pattern] = []
        var early = 0
        var failure: (any Error)?
        for (index, opening) in openings.enumerated() {
            switch await opening.result {
            case .success(let subscription):
                counts.append(subscription.counts)
            case .failure(let error) where error is CancellationError || error as? EventError == .busClosed:
                unconfirmed.append(patterns[index])
                early += matches[index].value
            case .failure(let error):
                failure = error
            }
        }
        let tally = ReceptionTally(counts, link: bus.link?.statistics)
        return Outcome(reason: reason, tally: tally, unconfirmed: unconfirmed, early: early, failure: failure)
    }

    /// What takes no longer than this is not told.
    private static let patience = Duration.milliseconds(200)
}
