import EventCore
import EventTesting
import Testing

@testable import EventMemory

/// Storms of everything at once; worth most under ThreadSanitizer.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MemoryBusStressTests {
    /// Counts callbacks by envelope, cheaply.
    private final class Ledger: Observer {
        struct Count {
            var published = 0
            var settled = 0
        }

        private let counts = Lock<[String: Count]>([:])
        private let bufferFull = Lock(0)

        func onPublish(_ envelope: Envelope) {
            counts.withLock { $0[envelope.id, default: Count()].published += 1 }
        }

        func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
            counts.withLock { $0[envelope.id, default: Count()].settled += 1 }
        }

        func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
            if reason == .bufferFull { bufferFull.withLock { $0 += 1 } }
        }

        var bufferFullCount: Int { bufferFull.withLock { $0 } }
        var total: Int { counts.withLock { $0.values.reduce(0) { $0 + $1.published + $1.settled } } }
        var publishedTwice: Int { counts.withLock { $0.values.count { $0.published > 1 } } }
    }

    @Test("a storm of publish, subscribe, close and cancel leaves nobody stuck and nothing behind", arguments: 0..<100)
    func storm(_ round: Int) async throws {
        final class Witness: Sendable {}
        var witness: Witness? = Witness()
        weak let released = witness
        let ledger = Ledger()
        let bus = MemoryBus(observer: ledger, routeCacheCapacity: round % 3 == 0 ? 0 : 8)

        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                let policy = BackpressurePolicy.allCases[(round + number) % 3]
                group.addTask { [witness] in await self.publish(40, on: bus, witness) }
                group.addTask { [witness] in await self.consume(on: bus, policy, every: number + 2, witness) }
                let cancelled = Task { await self.publish(40, on: bus, nil) }
                let reader = Task { await self.consume(on: bus, policy, every: 1000, nil) }
                group.addTask {
                    await Task.yield()
                    cancelled.cancel()
                    reader.cancel()
                    await cancelled.value
                    await reader.value
                }
            }
            if round % 2 == 0 {
                group.addTask { await bus.close() }
                group.addTask { await bus.close() }
            }
            for await _ in group where round % 2 == 1 && ledger.total > 300 { await bus.close() }
        }
        await bus.close()
        let afterwards = ledger.total
        await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a.b")) }
        #expect(ledger.total == afterwards)
        #expect(ledger.publishedTwice == 0)
        #expect(bus.droppedCount == ledger.bufferFullCount)
        witness = nil
        #expect(released == nil)
    }

    private func publish(_ count: Int, on bus: MemoryBus, _ witness: (any AnyObject & Sendable)?) async {
        for number in 0..<count {
            do {
                try await bus.publish(Envelope(subject: number % 2 == 0 ? "a.b" : "a.c"))
            } catch {
                return
            }
        }
        withExtendedLifetime(witness) {}
    }

    /// Subscribes again and again, reading a few envelopes each time.
    private func consume(
        on bus: MemoryBus,
        _ policy: BackpressurePolicy,
        every count: Int,
        _ witness: (any AnyObject & Sendable)?
    ) async {
        let options = SubscriptionOptions(bufferCapacity: 2, backpressure: policy) { _ in
            withExtendedLifetime(witness) { true }
        }
        for number in 0..<8 {
            guard !Task.isCancelled,
                let subscription = try? await bus.subscribe(to: number % 2 == 0 ? "a.>" : "a.*", options: options)
            else { return }
            var left = count
            while left > 0, await subscription.next(within: .milliseconds(1)) != nil { left -= 1 }
            if number % 3 == 0 { subscription.close() }
        }
    }

    @Test("with block every envelope arrives, in each publisher's order", arguments: [1, 3, 64])
    func order(_ capacity: Int) async throws {
        let bus = MemoryBus()
        let (publishers, each) = (4, 500)
        let options = SubscriptionOptions(bufferCapacity: capacity, backpressure: .block)
        var readers: [Task<[String: Int], Never>] = []
        for _ in 0..<3 {
            let subscription = try await bus.subscribe(to: ">", options: options)
            readers.append(
                Task {
                    var last: [String: Int] = [:]
                    for await envelope in subscription {
                        let number = Int(envelope.headers["number"] ?? "") ?? -1
                        let source = envelope.source ?? ""
                        if number != last[source, default: -1] + 1 { return ["\(source) after \(last)": number] }
                        last[source] = number
                    }
                    return last
                }
            )
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in 0..<each {
                        try await bus.publish(
                            Envelope(subject: "a.b", source: "p\(publisher)", headers: ["number": "\(number)"])
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
        await bus.close()
        let expected = Dictionary(uniqueKeysWithValues: (0..<publishers).map { ("p\($0)", each - 1) })
        for reader in readers { #expect(await reader.value == expected) }
    }

    @Test func `subscriptions that come and go do not disturb the others`() async throws {
        let bus = MemoryBus()
        let count = 2000
        let steady = try await bus.subscribe(
            to: "a.b.c",
            options: SubscriptionOptions(bufferCapacity: count, backpressure: .dropNewest)
        )
        await withTaskGroup(of: Void.self) { group in
            for pattern in ["a.>", "a.b.c", "*.b.*", ">"] as [Pattern] {
                group.addTask {
                    for _ in 0..<300 { (try? await bus.subscribe(to: pattern))?.close() }
                }
            }
            group.addTask {
                for _ in 0..<count { try? await bus.publish(Envelope(subject: "a.b.c")) }
            }
        }
        await bus.close()
        var received = 0
        for await _ in steady { received += 1 }
        #expect(received == count)
    }
}
