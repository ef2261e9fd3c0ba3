import IntegrationSupport

/// A link breaks here, with a proxy between the two.
extension Scenario {
    static let links = [cut(bystander: false), cut(bystander: true), flapping, halfOpen]

    /// How long a cut lasts.
    private static let moment = Duration.milliseconds(500)
    private static let quickHeartbeat = ["--heartbeat-milliseconds", "200"]

    private static func cut(bystander: Bool) -> Scenario {
        Scenario(
            name: bystander ? "link cut, another subscriber stays" : "link cut, the only subscriber is away",
            shows: "What is published while a subscriber is away is sent to it, and lost.",
            isShort: !bystander
        ) { stage, audit in
            let (publisher, subscriber, proxy) = try await stage.proxied()
            defer { proxy.end() }
            var subscribers = [subscriber]
            if bystander { subscribers.append(try await stage.follow(publisher, as: "bystander")) }
            for subscriber in subscribers { try await subscriber.collect("a") }
            try await publisher.awaitSubscribers(of: "a", subscribers.count)
            try await publisher.burst(100)
            for subscriber in subscribers { try await subscriber.take(100) }

            await proxy.cut()
            let cut = ContinuousClock.now
            try await publisher.burst(1000)
            try await publisher.perform(.awaitEvent(.disconnected, count: 1))
            try await Task.sleep(until: cut + moment)
            await proxy.heal()

            try await publisher.awaitSubscribers(of: "a", subscribers.count)
            try await publisher.burst(100)
            let books = try await audit.settle([publisher], at: subscribers)
            audit.expect(books[0].lost == 1000, "1000 were lost, and it says \(books[0].lost)")
            if bystander { audit.expect(books[1].lost == 0, "the bystander lost \(books[1].lost)") }
        }
    }

    private static let flapping = Scenario(
        name: "link cut ten times while publishing",
        shows: "Pipes that die with envelopes in them are accounted for, and so is what comes late."
    ) { stage, audit in
        let (publisher, subscriber, proxy) = try await stage.proxied()
        defer { proxy.end() }
        try await subscriber.collect("a.>")
        try await publisher.awaitSubscribers(of: "a.0")
        for _ in 1...10 {
            async let stream: Void = publisher.burst(4000, subjects: 10, perMillisecond: 20)
            // In the middle of it, and healed before it ends.
            try await Task.sleep(for: .milliseconds(50))
            await proxy.cut()
            try await Task.sleep(for: .milliseconds(50))
            await proxy.heal()
            try await stream
            try await publisher.awaitSubscribers(of: "a.0")
        }
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }

    private static let halfOpen = Scenario(
        name: "half-open link, found by heartbeats",
        shows: "A link through which nothing comes any more is given up, and what was in it is lost."
    ) { stage, audit in
        let (publisher, subscriber, proxy) = try await stage.proxied(quickHeartbeat)
        defer { proxy.end() }
        try await subscriber.collect("a")
        try await publisher.awaitSubscribers(of: "a")
        try await publisher.burst(100)
        try await subscriber.take(100)

        await proxy.freeze()
        try await publisher.burst(1000)
        for peer in [publisher, subscriber] { try await peer.perform(.awaitEvent(.disconnected, count: 1)) }
        await proxy.heal()

        try await publisher.awaitSubscribers(of: "a")
        try await publisher.burst(100)
        let books = try await audit.settle(publisher, at: subscriber)
        audit.expect(books.lost > 0, "nothing was lost")
    }
}

extension Stage {
    /// A publisher, and a subscriber that reaches it through a proxy.
    fileprivate func proxied(
        _ arguments: [String] = []
    ) async throws -> (publisher: Peer, subscriber: Peer, proxy: Proxy) {
        let publisher = try await peer("publisher", ["--publish", "bind:tcp://127.0.0.1:*"] + arguments)
        let proxy = try Proxy(to: publisher.port)
        let subscriber = try await peer("subscriber", ["--subscribe", "connect:\(proxy.address)"] + arguments)
        return (publisher, subscriber, proxy)
    }
}
