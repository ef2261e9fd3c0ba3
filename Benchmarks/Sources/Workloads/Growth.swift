import EventCore
import EventMemory
import Foundation

/// Work whose cost is of interest as something grows, and how fast it may.
public struct Growth: Sendable {
    /// What it is called on the command line, such as `subjects`.
    public let name: String
    /// What grows, and what is done, in words.
    public let summary: String
    /// How many operations one pass does at a size.
    public let operationsPerPass: @Sendable (Int) -> Int
    /// The sizes of the table.
    public let sizes: [Int]
    /// The greatest power of the size that the time and the instructions of an operation, and the bytes held, may grow with.
    ///
    /// Time grows where instructions do not, once what is touched no longer fits into the processor's caches.
    public let limits: (time: Double, instructions: Double, bytes: Double)
    /// Whether the work stays on one task, so that the instructions it takes are the same each time.
    public let isSequential: Bool
    /// Makes ready what the work needs at a size; what is held then counts.
    public let start: @Sendable (Int) async throws -> Session

    init(
        _ name: String,
        _ summary: String,
        sizes: [Int] = Growth.powersOfTen,
        timeLimit: Double,
        instructionsLimit: Double = 0.1,
        bytesLimit: Double = 1.05,
        isSequential: Bool = true,
        operationsPerPass: @escaping @Sendable (Int) -> Int = { _ in 1 },
        start: @escaping @Sendable (Int) async throws -> Session
    ) {
        (self.name, self.summary, self.sizes, self.start) = (name, summary, sizes, start)
        (limits, self.isSequential) = ((timeLimit, instructionsLimit, bytesLimit), isSequential)
        self.operationsPerPass = operationsPerPass
    }

    /// 10² to 10⁶.
    public static let powersOfTen = [100, 1000, 10_000, 100_000, 1_000_000]

    /// Every row.
    public static var all: [Growth] { subscriptions + wildcards + subjects + envelopes + waiting }

    /// The row of a name.
    public static func named(_ name: String) -> Growth? { all.first { $0.name == name } }

    /// The work at a size, by itself.
    public func workload(at size: Int) -> Workload {
        Workload(
            "\(name)@\(size)",
            summary,
            per: "operation",
            operationsPerPass: operationsPerPass(size),
            isSequential: isSequential
        ) { try await start(size) }
    }
}

/// Keeps the latest envelope alone, so that a buffer is full at once.
private let keepOne = SubscriptionOptions(bufferCapacity: 1, backpressure: .dropOldest)

extension Growth {
    /// Publishes to subscriptions in turn; they are held as long as the session.
    private static func publishing(
        _ envelopes: [Envelope],
        to patterns: some Sequence<Pattern>,
        routeCacheCapacity: Int = MemoryBus.defaultRouteCacheCapacity
    ) async throws -> Session {
        let bus = MemoryBus(routeCacheCapacity: routeCacheCapacity)
        var subscriptions: [Subscription] = []
        for pattern in patterns { subscriptions.append(try await bus.subscribe(to: pattern, options: keepOne)) }
        for envelope in envelopes { try await bus.publish(envelope) }
        return Session { passes in
            var next = 0
            for _ in 0..<passes {
                try await bus.publish(envelopes[next])
                next = next + 1 == envelopes.count ? 0 : next + 1
            }
        } end: { [subscriptions] in
            await bus.close()
            withExtendedLifetime(subscriptions) {}
        }
    }

    private static func envelopes(_ count: Int, _ subject: (Int) throws -> Subject) rethrows -> [Envelope] {
        try (0..<count).map { Envelope(subject: try subject($0)) }
    }

    // MARK: Rows

    private static var subscriptions: [Growth] {
        [
            Growth(
                "subscriptions-same",
                "subscriptions to one pattern, each publish delivered to all, per delivery",
                timeLimit: 0.25,
                operationsPerPass: { $0 }
            ) { size in
                try await publishing([Envelope(subject: Samples.busy)], to: repeatElement("graph.>", count: size))
            },
            Growth(
                "subscriptions-distinct",
                "subscriptions to patterns of their own, one of which matches",
                timeLimit: 0.1
            ) { size in
                try await publishing(
                    [Envelope(subject: try Samples.runSubject(7))],
                    to: try (0..<size).map(Samples.runPattern)
                )
            },
            Growth(
                "routes",
                "subscriptions to all of 1024 subjects, published in turn, per delivery",
                sizes: Array(powersOfTen.dropLast(2)),
                timeLimit: 0.2,
                operationsPerPass: { $0 }
            ) { size in
                try await publishing(try envelopes(1024, Samples.runSubject), to: repeatElement(">", count: size))
            },
        ]
    }

    /// Patterns with a `*` in each place, matched anew for each publish.
    private static var wildcards: [Growth] {
        let places: [(String, @Sendable (Int) -> String, String)] = [
            ("first", { "*.run.r\($0).start" }, "graph.run.r7.start"),
            ("second", { "graph.*.r\($0).start" }, "graph.run.r7.start"),
            ("third", { "graph.r\($0).*.start" }, "graph.r7.run.start"),
            ("last", { "graph.run.r\($0).*" }, "graph.run.r7.start"),
        ]
        let rows = places.map { place, pattern, subject in
            Growth(
                "wildcard-\(place)",
                "patterns with * as the \(place) segment, one of which matches; no route is remembered",
                timeLimit: 0.1
            ) { size in
                try await publishing(
                    [Envelope(subject: try Subject(validating: subject))],
                    to: try (0..<size).map { try Pattern(validating: pattern($0)) },
                    routeCacheCapacity: 0
                )
            }
        }
        return rows + [
            Growth(
                "wildcard-every",
                "patterns of every mix of a and * that all match, per pattern: the worst that matching can be",
                sizes: [128, 1024, 8192, 65_536],
                timeLimit: 0.5,
                operationsPerPass: { $0 }
            ) { size in
                let depth = size.trailingZeroBitCount
                var index = PatternIndex<Int>()
                for number in 0..<size {
                    let segments = (0..<depth).map { number >> $0 & 1 == 0 ? "a" : "*" }
                    index.insert(number, for: try Pattern(validating: segments.joined(separator: ".")))
                }
                let subject = try Subject(segments: Array(repeating: "a", count: depth))
                return Session { [index] passes in
                    var found = 0
                    for _ in 0..<passes { index.forEachMatch(of: subject) { _ in found += 1 } }
                    precondition(found == passes * size)
                }
            }
        ]
    }

    private static var subjects: [Growth] {
        [
            Growth(
                "subjects",
                "subjects published in turn to one subscription",
                timeLimit: 0.45,
                instructionsLimit: 0.45
            ) { size in
                try await publishing(try envelopes(size, Samples.runSubject), to: ["graph.>"])
            },
            Growth(
                "buses",
                "buses in the process, each with a subscription, published to in turn",
                sizes: Array(powersOfTen.dropLast()),
                timeLimit: 0.35
            ) { size in
                var buses: [(bus: MemoryBus, subscription: Subscription)] = []
                for _ in 0..<size {
                    let bus = MemoryBus()
                    buses.append((bus, try await bus.subscribe(to: "graph.>", options: keepOne)))
                }
                let envelope = Envelope(subject: Samples.busy)
                return Session { [buses] passes in
                    for pass in 0..<passes { try await buses[pass % buses.count].bus.publish(envelope) }
                } end: { [buses] in
                    for (bus, _) in buses { await bus.close() }
                }
            },
        ]
    }

    private static var envelopes: [Growth] {
        [
            Growth("payload", "bytes of payload, published to one subscription", timeLimit: 0.1) { size in
                try await publishing([Samples.wire(payloadCount: size)], to: ["graph.>"])
            },
            Growth(
                "headers",
                "headers of an envelope, published to one subscription",
                sizes: powersOfTen,
                timeLimit: 0.1
            ) { size in
                let headers = Dictionary(uniqueKeysWithValues: (0..<size).map { ("header_\($0)", "value_\($0)") })
                return try await publishing([Envelope(subject: Samples.busy, headers: headers)], to: ["graph.>"])
            },
        ]
    }

    private static var waiting: [Growth] {
        [
            Growth(
                "publishers",
                "publishers that wait for room in a subscription; one is let in, and another one comes",
                sizes: Array(powersOfTen.dropLast()),
                timeLimit: 0.2,
                isSequential: false
            ) { size in
                let bus = MemoryBus()
                let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
                let subscription = try await bus.subscribe(to: "graph.>", options: options)
                let envelope = Envelope(subject: Samples.busy)
                try await bus.publish(envelope)
                for _ in 0..<size { Task { try await bus.publish(envelope) } }
                return Session { passes in
                    for _ in 0..<passes {
                        Task { try await bus.publish(envelope) }
                        _ = await subscription.next(within: .seconds(60))
                    }
                } end: {
                    await bus.close()
                }
            }
        ]
    }
}
