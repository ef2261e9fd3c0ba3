import EventCore
import EventMemory

extension Workload {
    static var publishing: [Workload] {
        [
            Workload(
                "publish-none",
                "publish, 100 subscriptions, none matching, hot subject",
                per: "publish",
                target: 40
            ) {
                try await session(matching: 0, others: 100, subject: Samples.quiet)
            },
            Workload("publish-one", "publish to 1 subscription (dropOldest, full)", per: "publish", target: 60) {
                try await session(matching: 1, others: 0, subject: Samples.busy)
            },
            Workload("publish-observed", "the same with an observer", per: "publish") {
                try await session(matching: 1, others: 0, subject: Samples.busy, observer: SilentObserver())
            },
            fanOut(to: 100),
            fanOut(to: 1000),
        ]
    }

    private static func fanOut(to count: Int) -> Workload {
        Workload(
            "fan-out-\(count)",
            "fan-out to \(count) (dropOldest, full)",
            per: "delivery",
            operationsPerPass: count,
            target: 16
        ) {
            try await session(matching: count, others: 0, subject: Samples.busy)
        }
    }

    /// Publishes one envelope again and again.
    private static func session(
        matching: Int,
        others: Int,
        subject: Subject,
        observer: (any Observer)? = nil
    ) async throws -> Session {
        let bus = MemoryBus(observer: observer)
        let subscriptions = try await subscribe(to: bus, matching: matching, others: others)
        let envelope = Envelope(subject: subject)
        for _ in 0..<keepLatest.bufferCapacity { try await bus.publish(envelope) }
        return Session { passes in
            for _ in 0..<passes { try await bus.publish(envelope) }
        } end: {
            await bus.close()
            withExtendedLifetime(subscriptions) {}
        }
    }

    /// Subscribes `matching` times to all of `graph` and to as many other runs as `others` says.
    static func subscribe(to bus: some Bus, matching: Int, others: Int) async throws -> [Subscription] {
        var subscriptions: [Subscription] = []
        for _ in 0..<matching {
            subscriptions.append(try await bus.subscribe(to: "graph.>", options: keepLatest))
        }
        for number in 0..<others {
            subscriptions.append(try await bus.subscribe(to: Samples.runPattern(1000 + number), options: keepLatest))
        }
        return subscriptions
    }
}

/// Has to be called, and does nothing.
struct SilentObserver: Observer {
    func onPublish(_ envelope: Envelope) {}
    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {}
    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {}
}
