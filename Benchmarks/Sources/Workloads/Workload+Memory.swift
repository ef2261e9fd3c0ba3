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
            Workload(
                "memory-after-burst",
                "memory of an idle subscription that has had 100 k envelopes at once and was read to its end",
                per: "subscription",
                operationsPerPass: 200,
                target: 1200
            ) {
                let bus = MemoryBus(routeCacheCapacity: 0)
                var subscriptions: [Subscription] = []
                for number in 0..<200 {
                    let options = SubscriptionOptions(bufferCapacity: count)
                    let subscription = try await bus.subscribe(to: Samples.runPattern(number), options: options)
                    let envelope = Samples.wire(subject: try Samples.runSubject(number))
                    for _ in 0..<count { try await bus.publish(envelope) }
                    while await subscription.next(within: .zero) != nil {}
                    subscriptions.append(subscription)
                }
                let kept = Kept(subscriptions)
                return Session { _ in
                    try await bus.publish(Envelope(subject: Samples.quiet))
                } end: {
                    for subscription in kept.takeAll() { subscription.close() }
                }
            },
            Workload(
                "memory-routes",
                "memory of 5000 subscriptions to > and 1024 subjects, with what is remembered of the subjects",
                per: "bus",
                target: 4_000_000 + 5000 * 700
            ) {
                let bus = MemoryBus()
                var subscriptions: [Subscription] = []
                let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .dropOldest)
                for _ in 0..<5000 { subscriptions.append(try await bus.subscribe(to: ">", options: options)) }
                for number in 0..<1024 { try await bus.publish(Envelope(subject: Samples.runSubject(number))) }
                let kept = Kept(subscriptions)
                return Session { _ in
                    try await bus.publish(Envelope(subject: Samples.quiet))
                } end: {
                    for subscription in kept.takeAll() { subscription.close() }
                }
            },
            Workload(
                "memory-answered-wait",
                "memory left by an answered wait with a limit of an hour",
                per: "wait",
                operationsPerPass: count,
                target: 1
            ) {
                let session = try await pingPong(within: .seconds(3600))
                try await session.run(count / 2)
                return Session { _ in
                } end: {
                    await session.end()
                }
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
