import EventCore
import EventMemory
import Measurement
import Synchronization
import Workloads

extension TableEntry {
    /// What subscriptions that come and go cost publishers on other subjects.
    static func churn(_ race: Race) -> TableEntry {
        TableEntry(name: "churn") {
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: "kanban.>", options: keepLatest)
            let envelope = Envelope(subject: Samples.quiet)
            let publishing = Session { passes in
                for _ in 0..<passes { try await bus.publish(envelope) }
            }
            let patterns = try (0..<256).map(Samples.runPattern)
            let disturbed = Session { passes in
                let isOver = Flag()
                async let changes = churn(bus, patterns, until: isOver)
                try await publishing.run(passes)
                isOver.raise()
                try await changes
            }
            let timings = try await race.run([disturbed, publishing])
            var row = Row(
                name: "churn",
                work: "publish to 1 while another task subscribes and closes elsewhere",
                operation: "publish",
                unit: .nanoseconds,
                figure: timings[0],
                target: timings[1].median * 1.2
            )
            row.add("undisturbed", timings[1])
            await bus.close()
            withExtendedLifetime(subscription) {}
            return [row]
        }
    }

    private static func churn(_ bus: MemoryBus, _ patterns: [Pattern], until isOver: Flag) async throws {
        var changes = 0
        repeat {
            try await bus.subscribe(to: patterns[changes & 255], options: keepLatest).close()
            changes += 1
        } while !isOver.isRaised
    }
}

/// Says once that something is over.
private final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .relaxed) }

    func raise() {
        state.store(true, ordering: .relaxed)
    }
}
