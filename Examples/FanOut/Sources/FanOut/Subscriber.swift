import EventCore
import EventZMQ

/// Listens until the publisher says stop, and prints how much it received of what.
struct Subscriber {
    var address: String
    var pattern: Pattern

    func run() async throws {
        let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [], subscribe: [.connect(address)]))
        let prices = try await bus.subscribe(to: pattern, options: SubscriptionOptions(bufferCapacity: 1000))
        let control = try await bus.subscribe(to: "control.stop")

        async let counts = count(prices)
        if await control.next(within: .seconds(60)) == nil { print("the publisher has gone") }
        // One publisher's envelopes arrive in order, so all prices are here; closing hands them out and ends the loop.
        await bus.close()

        let text = await counts.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
        print("\(pattern) received \(text.joined(separator: ", "))")
    }

    private func count(_ prices: Subscription) async -> [Subject: Int] {
        var counts: [Subject: Int] = [:]
        for await price in prices.decoded(as: Price.self) { counts[price.envelope.subject, default: 0] += 1 }
        return counts
    }
}
