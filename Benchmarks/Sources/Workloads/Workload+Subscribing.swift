import EventCore
import EventMemory

extension Workload {
    static var subscribing: [Workload] {
        [
            Workload(
                "subscribe-close",
                "subscribe + close with 1000 others",
                per: "subscription",
                target: 1000
            ) {
                let bus = MemoryBus()
                let others = try await subscribe(to: bus, matching: 0, others: 1000)
                let patterns = try (0..<256).map(Samples.runPattern)
                return Session { passes in
                    for pass in 0..<passes {
                        try await bus.subscribe(to: patterns[pass & 255], options: keepLatest).close()
                    }
                } end: {
                    await bus.close()
                    withExtendedLifetime(others) {}
                }
            },
            Workload(
                "churn-shared",
                "subscribe + close beside 1000 others of the same pattern, and publish to them on the next of 64 subjects",
                per: "round"
            ) {
                let bus = MemoryBus()
                let others = try await subscribe(to: bus, matching: 1000, others: 0)
                let envelopes = try (0..<64).map { Envelope(subject: try Samples.runSubject($0)) }
                return Session { passes in
                    for pass in 0..<passes {
                        try await bus.subscribe(to: "graph.>", options: keepLatest).close()
                        try await bus.publish(envelopes[pass & 63])
                    }
                } end: {
                    await bus.close()
                    withExtendedLifetime(others) {}
                }
            },
        ]
    }
}
