import EventCore
import EventMemory
import EventTesting
import Testing

/// Swift blocks of EventCore's articles, to the letter, in a place where they compile and run.
@Suite(.timeLimit(.minutes(1))) struct ArticleSnippets {
    private struct Order: Codable, Sendable {
        var id: Int
        var total: Double
    }

    @Test func matching() {
        let start: Pattern = "graph.run.*.start"
        #expect(start.matches("graph.run.r1.start"))
        #expect(!start.matches("graph.run.start"))
        #expect(!start.matches("graph.run.r1.node.n1.start"))

        let everythingBelow: Pattern = "graph.>"
        #expect(everythingBelow.matches("graph.run"))
        #expect(!everythingBelow.matches("graph"))
    }

    @Test func narrating() async throws {
        struct Narrator: Observer {
            func onSubscribe(_ subscription: SubscriptionInfo) {
                print(subscription, "begins")
            }

            func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
                print(subscription, "is over:", reason.rawValue)
            }
        }
        let bus = MemoryBus(observer: Narrator())
        let options = SubscriptionOptions(bufferCapacity: 1000, name: "audit")
        let audit = try await bus.subscribe(to: "orders.>", options: options)
        print(audit)  // audit (s17) to orders.>
        await bus.close()
    }

    @Test func textFromOutside() {
        #expect(throws: EventError.invalidSubject("empty segment at index 1 in \"orders..created\"")) {
            try Subject(validating: "orders..created")
        }
        #expect(throws: EventError.self) { try Subject(segments: ["orders", "eu.created", "late"]) }
        #expect(throws: EventError.self) { try Subject(segments: ["orders", "*", "created"]) }
    }

    @Test func liveView() async throws {
        let bus = MemoryBus()
        let live = SubscriptionOptions(bufferCapacity: 2, backpressure: .dropOldest)
        let view = try await bus.subscribe(to: "prices.*", options: live)
        for price in 1...3 { try await bus.publish(price, to: "prices.gold") }
        view.close()

        var shown: [Int] = []
        for await price in view.decoded(as: Int.self) { shown.append(price.value) }
        #expect(shown == [2, 3])
        #expect(bus.droppedCount == 1)
    }

    @Test func waitingForSubscribers() async throws {
        let bus: any Bus = MemoryBus()
        let subject: Subject = "orders.eu.created"
        let isHeard = try await bus.link?.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(5)) ?? true
        if !isHeard { print("nobody listens to orders.eu.created yet") }
        await bus.close()
    }

    @Test func receiving() async throws {
        let bus = MemoryBus()
        let created = try await bus.subscribe(to: "orders.*.created")
        let desk = Task {
            for await order in created.decoded(as: Order.self) {
                let subject = try Subject(segments: ["receipts", "\(order.value.id)"])
                try await bus.publish(Envelope(subject: subject))
            }
        }

        let receipts = try await bus.subscribe(to: "receipts.*")
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        let receipt = try #require(await receipts.next(within: .seconds(20)))
        #expect(receipt.subject == "receipts.7")

        await bus.close()
        try await desk.value
    }

    @Test func observing() async throws {
        let observer = RecordingObserver()
        let bus = MemoryBus(observer: observer)
        let narrow = try await bus.subscribe(to: "orders.>", options: SubscriptionOptions(bufferCapacity: 1))
        try await bus.publish(Envelope(subject: "orders.eu.created"))
        try await bus.publish(Envelope(subject: "orders.eu.paid"))

        try await observer.waitUntil { $0.count == 4 }
        #expect(observer.deliveredCount == 1)
        #expect(observer.droppedCount(reason: .bufferFull) == 1)
        narrow.close()
    }

    @Test func migrated() async throws {
        let bus = MemoryBus()
        let options = SubscriptionOptions(bufferCapacity: 256, backpressure: .dropOldest) { $0.tenant == "acme" }
        let subscription = try await bus.subscribe(to: "graph.run.*.node.*.complete", options: options)
        subscription.close()
    }
}
