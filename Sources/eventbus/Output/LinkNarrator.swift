import EventCore

/// Tells on standard error what happens to the link of a bus, in short lines of a bounded number.
///
/// The tasks it returns miss nothing that happens after it returned them.
struct LinkNarrator: Sendable {
    let diagnostics: Diagnostics

    /// Tells what stands in the way of a command that waits, until the task is cancelled or the bus is closed.
    func obstacles(on link: any BusLink) -> Task<Void, Never> {
        let events = link.events.makeAsyncIterator()
        return Task {
            var (events, lines) = (events, ConnectionLines(includesConnected: false))
            while let event = await events.next() {
                if let line = lines.line(for: event) { await diagnostics.note(line) }
            }
        }
    }

    /// Tells what is waited for and who is there, until the task is cancelled or the bus is closed.
    ///
    /// - Parameters:
    ///   - goal: What is waited for.
    ///   - patience: How long to keep quiet at first, since most waits are short.
    ///   - link: Where it has to come from.
    /// - Returns: The task that does so.
    func wait(for goal: String, after patience: Duration, on link: any BusLink) -> Task<Void, Never> {
        let events = link.events.makeAsyncIterator()
        return Task {
            var (events, lines) = (events, ConnectionLines(includesConnected: true))
            guard (try? await AlarmClock.shared.sleep(for: patience)) != nil else { return }
            await diagnostics.note("waiting for \(goal)")
            while let event = await events.next() {
                if let line = lines.line(for: event) { await diagnostics.note(line) }
            }
        }
    }

    /// Tells of losses, until the bus is closed.
    func losses(on link: any BusLink) -> Task<Void, Never> {
        let events = link.events.makeAsyncIterator()
        return Task {
            var (events, lines) = (events, LossLines())
            while let event = await events.next() {
                if case .lost(let loss) = event, let line = lines.line(for: loss) { await diagnostics.note(line) }
            }
        }
    }

    /// Tells who had confirmed a subscription when it was made, and who had not.
    func tell(_ confirmation: SubscriptionConfirmation, of pattern: Pattern) async {
        let (confirmed, missing) = (confirmation.confirmed, confirmation.missing)
        if !confirmed.isEmpty {
            await diagnostics.note("\(pattern): confirmed by \(confirmed.joined(separator: ", "))".printable)
        }
        if !missing.isEmpty {
            let list = missing.joined(separator: ", ")
            await diagnostics.note(
                "\(pattern): not confirmed in time by \(list), whose envelopes may be missed".printable
            )
        }
    }

    /// Tells of envelopes that were dropped here, until there can be no more.
    func tellDrops(_ notices: DropNotices) async {
        for await count in notices.counts {
            await diagnostics.note("dropped \(count == 1 ? "an envelope" : "\(count) envelopes"): --buffer is full")
        }
    }
}
