import EventCore
import EventMemory
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct DecodedTests {
    @Test func `values come with their envelopes; what is no value is skipped, counted and reported`() async throws {
        let bus = MemoryBus()
        let subscription = try await bus.subscribe(to: "orders.>")
        let skipped = Lock<[UndecodableEnvelope]>([])
        let orders = subscription.decoded(as: Order.self) { failure in skipped.withLock { $0.append(failure) } }
        try await bus.publish(Order(id: 1), to: "orders.a")
        try await bus.publishGarbage(to: "orders.b")
        try await bus.publish(Envelope(subject: "orders.c"))
        try await bus.publish(Order(id: 2), to: "orders.d")
        await bus.close()
        var seen: [(Int, Subject)] = []
        for await order in orders { seen.append((order.value.id, order.envelope.subject)) }
        #expect(seen.map(\.0) == [1, 2])
        #expect(seen.map(\.1) == ["orders.a", "orders.d"])
        #expect(orders.skippedCount == 2)
        let failures = skipped.withLock { $0 }
        #expect(failures.map(\.envelope.subject) == ["orders.b", "orders.c"])
        let id = try #require(failures.last).envelope.id
        #expect(failures.last?.reason == .payloadDecoding("orders.c (\(id)): there is no payload"))
        #expect(failures.last?.description.contains("orders.c") == true)
    }

    @Test func `failures can be had as values, in order`() async throws {
        let bus = MemoryBus()
        let results = try await bus.subscribe(to: ">").decodingResults(as: Order.self)
        try await bus.publish(Order(id: 1), to: "a")
        try await bus.publishGarbage(to: "b")
        try await bus.publish(Order(id: 2), to: "c")
        await bus.close()
        var seen: [String] = []
        for await result in results {
            switch result {
            case .success(let order): seen.append("\(order.envelope.subject) \(order.value.id)")
            case .failure(let failure): seen.append("\(failure.envelope.subject) failed")
            }
        }
        #expect(seen == ["a 1", "b failed", "c 2"])
    }

    @Test func `no payload is nil for an optional type`() async throws {
        let bus = MemoryBus()
        let orders = try await bus.subscribe(to: ">").decoded(as: Order?.self)
        try await bus.publish(Envelope(subject: "a"))
        try await bus.publish(Envelope(subject: "b", rawPayload: Data("null".utf8)))
        try await bus.publish(Order(id: 3), to: "c")
        await bus.close()
        var seen: [Order?] = []
        for await order in orders { seen.append(order.value) }
        #expect(seen == [nil, nil, Order(id: 3)])
        #expect(orders.skippedCount == 0)
    }

    @Test("ends at once when its task is cancelled, and leaves no subscription", arguments: [true, false])
    func cancellation(skips: Bool) async throws {
        let bus = CountingBus()
        let subscription = try await bus.subscribe(to: ">")
        let reader = Task {
            if skips {
                for await _ in subscription.decoded(as: Order.self) {}
            } else {
                for await _ in subscription.decodingResults(as: Order.self) {}
            }
        }
        reader.cancel()
        await reader.value
        #expect(bus.total == 1)
        #expect(bus.count == 0)
    }

    @Test func `a loop that is left and let go leaves no subscription`() async throws {
        let bus = CountingBus()
        do {
            let orders = try await bus.subscribe(to: ">").decoded(as: Order.self)
            try await bus.publish(Order(id: 1), to: "a")
            for await order in orders {
                #expect(order.value.id == 1)
                break
            }
            #expect(bus.count == 1)
        }
        #expect(bus.count == 0)
    }
}
