import EventCore
import EventMemory
import Measurement
import Workloads

extension Curve {
    private static let powersOfTen = [1, 10, 100, 1000, 10_000, 100_000]

    /// Nanoseconds per publish against the number of subscriptions.
    static func overSubscriptions(_ race: Race) async throws -> [Curve] {
        let series: [(String, cache: Int, matching: @Sendable (Int) -> Int)] = [
            ("none match", -1, { _ in 0 }), ("none match, without cache", 0, { _ in 0 }),
            ("one matches", -1, { _ in 1 }),
            ("1 % match", -1, { max(1, $0 / 100) }), ("all match", -1, { $0 }),
        ]
        var curves = series.map { Curve(plot: "subscriptions", series: $0.0) }
        for count in powersOfTen {
            for (place, (_, cache, matching)) in series.enumerated() {
                let bus = MemoryBus(routeCacheCapacity: cache)
                let number = matching(count)
                let subscriptions = try await subscribe(to: bus, matching: number, others: count - number)
                let envelope = Envelope(subject: Samples.busy)
                // Full buffers only, so that every delivery is alike; 100 000 of them take a while to fill.
                for _ in 0..<64 { try await bus.publish(envelope) }
                let timing = try await race.run([
                    Session { passes in
                        for _ in 0..<passes { try await bus.publish(envelope) }
                    }
                ])[0]
                curves[place].points.append(Point(x: Double(count), y: timing.median))
                await bus.close()
                withExtendedLifetime(subscriptions) {}
            }
        }
        return curves
    }

    private static func subscribe(to bus: MemoryBus, matching: Int, others: Int) async throws -> [Subscription] {
        var subscriptions: [Subscription] = []
        for number in 0..<matching + others {
            let pattern = number < matching ? "graph.run.r17.>" : try Samples.runPattern(1000 + number)
            subscriptions.append(try await bus.subscribe(to: pattern, options: keepLatest))
        }
        return subscriptions
    }

    /// Nanoseconds per publish against the number of subjects, published in turn or for the first time.
    static func overSubjects(_ race: Race) async throws -> [Curve] {
        var hot = Curve(plot: "subjects", series: "in turn, again and again")
        var unique = Curve(plot: "subjects", series: "each for the first time")
        for count in powersOfTen + [1_000_000] {
            let envelopes = try (0..<count).map { Envelope(subject: try Samples.runSubject($0)) }
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: "graph.>", options: keepLatest)
            let timing = try await race.run([
                Session { passes in
                    var next = 0
                    for _ in 0..<passes {
                        try await bus.publish(envelopes[next])
                        next = next + 1 == count ? 0 : next + 1
                    }
                }
            ])[0]
            hot.points.append(Point(x: Double(count), y: timing.median))
            await bus.close()
            withExtendedLifetime(subscription) {}
            unique.points.append(Point(x: Double(count), y: try await firstPublish(of: envelopes)))
        }
        return [hot, unique]
    }

    /// What publishing each envelope once on a new bus takes; with few, on many new buses.
    private static func firstPublish(of envelopes: [Envelope]) async throws -> Double {
        let repetitions = max(1, 10_000 / envelopes.count)
        var total = Duration.zero
        for _ in 0..<repetitions {
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: "graph.>", options: keepLatest)
            // What a bus does but once is not what is asked for.
            try await bus.publish(Envelope(subject: Samples.quiet))
            let start = ContinuousClock.now
            for envelope in envelopes { try await bus.publish(envelope) }
            total += ContinuousClock.now - start
            await bus.close()
            withExtendedLifetime(subscription) {}
        }
        return total.nanoseconds / Double(repetitions * envelopes.count)
    }

    /// Publishes per second, of all publishers together, against their number.
    static func overPublishers(_ race: Race) async throws -> [Curve] {
        let kinds: [(String, patterns: @Sendable (Int) throws -> [Pattern])] = [
            ("each on a subject of its own, none listens", { _ in [] }),
            ("each on a subject of its own, one listens to each", { try (0..<$0).map(Samples.runPattern) }),
            ("all to one subscription", { _ in ["graph.>"] }),
        ]
        var curves = kinds.map { Curve(plot: "publishers", series: $0.0) }
        for count in [1, 2, 4, 8] {
            for (place, kind) in kinds.enumerated() {
                let bus = MemoryBus()
                var subscriptions: [Subscription] = []
                for pattern in try kind.patterns(count) {
                    subscriptions.append(try await bus.subscribe(to: pattern, options: keepLatest))
                }
                let envelopes = try (0..<count).map { Envelope(subject: try Samples.runSubject($0)) }
                let timing = try await race.run([
                    Session { passes in
                        try await withThrowingTaskGroup { group in
                            for (envelope, share) in zip(envelopes, evenShares(of: passes, among: count)) {
                                group.addTask { for _ in 0..<share { try await bus.publish(envelope) } }
                            }
                            try await group.waitForAll()
                        }
                    }
                ])[0]
                curves[place].points.append(Point(x: Double(count), y: 1e9 / timing.median))
                await bus.close()
                withExtendedLifetime(subscriptions) {}
            }
        }
        return curves
    }
}
