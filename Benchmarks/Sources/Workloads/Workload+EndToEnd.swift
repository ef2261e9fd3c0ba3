import EventCore
import EventMemory

extension Workload {
    static var endToEnd: [Workload] {
        [
            endToEnd(publishers: 1, subscribers: 1, target: 200),
            endToEnd(publishers: 1, subscribers: 10, target: 600),
            endToEnd(publishers: 4, subscribers: 4, target: 350),
            Workload(
                "ping-pong",
                "ping-pong between two tasks",
                per: "round trip",
                target: 1200,
                isSequential: false
            ) { try await pingPong(within: nil) },
        ]
    }

    private static func endToEnd(publishers: Int, subscribers: Int, target: Double) -> Workload {
        Workload(
            "end-to-end-\(publishers)x\(subscribers)",
            "end to end, block, capacity 1024: \(publishers)×\(subscribers)",
            per: "publish",
            target: target,
            isSequential: false
        ) {
            let bus = MemoryBus()
            let options = SubscriptionOptions(bufferCapacity: 1024, backpressure: .block)
            var subscriptions: [Subscription] = []
            for _ in 0..<subscribers { subscriptions.append(try await bus.subscribe(to: "graph.>", options: options)) }
            let envelope = Envelope(subject: Samples.busy)
            return Session { [subscriptions] passes in
                let shares = evenShares(of: passes, among: publishers)
                try await withThrowingTaskGroup { group in
                    for subscription in subscriptions {
                        group.addTask {
                            var iterator = subscription.makeAsyncIterator()
                            for _ in 0..<passes { _ = await iterator.next() }
                        }
                    }
                    for share in shares {
                        group.addTask {
                            for _ in 0..<share { try await bus.publish(envelope) }
                        }
                    }
                    try await group.waitForAll()
                }
            } end: {
                await bus.close()
            }
        }
    }

    /// What waiting with a limit costs, which is not over when it is answered.
    static var waiting: [Workload] {
        [
            Workload(
                "ping-pong-within",
                "ping-pong between two tasks that wait for no more than a minute",
                per: "round trip",
                target: 1800,
                isSequential: false
            ) { try await pingPong(within: .seconds(60)) },
            Workload(
                "request",
                "request and reply with a limit of a minute",
                per: "request",
                target: 4800,
                isSequential: false
            ) {
                let bus = MemoryBus()
                let requests = try await bus.subscribe(to: "ask")
                let responding = Task { await bus.respond(to: requests) { _ in 1 } }
                let request = Envelope(subject: "ask")
                return Session { passes in
                    for _ in 0..<passes { _ = try await bus.request(request, within: .seconds(60)) }
                } end: {
                    await bus.close()
                    await responding.value
                }
            },
        ]
    }

    /// Two tasks that wait for each other in turn, each time no longer than a limit, where there is one.
    static func pingPong(within limit: Duration?) async throws -> Session {
        let bus = MemoryBus()
        let pings = try await bus.subscribe(to: "ping")
        let pongs = try await bus.subscribe(to: "pong")
        let ping = Envelope(subject: "ping")
        let pong = Envelope(subject: "pong")
        return Session { passes in
            try await withThrowingTaskGroup { group in
                group.addTask {
                    var iterator = pings.makeAsyncIterator()
                    for _ in 0..<passes {
                        if let limit { _ = await pings.next(within: limit) } else { _ = await iterator.next() }
                        try await bus.publish(pong)
                    }
                }
                group.addTask {
                    var iterator = pongs.makeAsyncIterator()
                    for _ in 0..<passes {
                        try await bus.publish(ping)
                        if let limit { _ = await pongs.next(within: limit) } else { _ = await iterator.next() }
                    }
                }
                try await group.waitForAll()
            }
        } end: {
            await bus.close()
        }
    }
}

/// Splits a number into as equal parts as there can be.
public func evenShares(of total: Int, among parts: Int) -> [Int] {
    (0..<parts).map { (total + $0) / parts }
}
