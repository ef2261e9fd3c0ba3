import EventCore
import EventMemory

extension Workload {
    /// Work of which the memory that it holds is of interest, per operation: making the session takes it, ending it
    /// should give it back.
    public static var memory: [Workload] {
        let count = 100_000
        return [
            Workload(
                "memory-subscription",
                "memory per idle subscription, 100 k of them",
                per: "subscription",
                operationsPerPass: count,
                target: 1024
            ) {
                let bus = MemoryBus()
                var subscriptions: [Subscription] = []
                for number in 0..<count {
                    subscriptions.append(try await bus.subscribe(to: Samples.runPattern(number), options: keepLatest))
                }
                let kept = Kept(subscriptions)
                return Session { _ in
                    try await bus.publish(Envelope(subject: Samples.quiet))
                } end: {
                    for subscription in kept.takeAll() { subscription.close() }
                }
            },
            Workload(
                "memory-shared-envelope",
                "memory per buffered envelope that others hold as well",
                per: "envelope",
                operationsPerPass: count
            ) {
                let envelope = Samples.wire()
                return try await buffer(count) { envelope }
            },
            Workload(
                "memory-own-envelope",
                "memory per buffered envelope, 260 bytes, held by nothing else",
                per: "envelope",
                operationsPerPass: count
            ) {
                try await buffer(count) { Samples.wire() }
            },
        ]
    }

    private static func buffer(_ count: Int, _ make: () -> Envelope) async throws -> Session {
        let bus = MemoryBus()
        let subscription = try await bus.subscribe(to: "graph.>", options: SubscriptionOptions(bufferCapacity: count))
        for _ in 0..<count { try await bus.publish(make()) }
        let kept = Kept([subscription])
        return Session { _ in
            try await bus.publish(Envelope(subject: Samples.quiet))
        } end: {
            for subscription in kept.takeAll() { subscription.close() }
        }
    }
}
