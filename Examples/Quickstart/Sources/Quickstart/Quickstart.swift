import EventCore
import EventMemory

struct Order: Codable, Sendable {
    var id: Int
    var total: Double
}

@main
enum Quickstart {
    static func main() async throws {
        let bus = MemoryBus()

        // A subscription is in effect when `subscribe` returns: nothing published from here on is missed.
        let created = try await bus.subscribe(to: "orders.*.created")  // `*` is exactly one segment
        let audit = try await bus.subscribe(to: "orders.>")  // `>` is all that follows

        async let total = sum(of: created)
        async let subjects = list(audit)

        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created", source: "checkout")
        try await bus.publish(Order(id: 8, total: 30), to: "orders.us.created", source: "checkout")
        try await bus.publish(Envelope(subject: "orders.eu.7.paid"))

        // Subscriptions hand out what they hold and then end, so both loops come to their end.
        await bus.close()
        await print("created: \(total) in total")
        await print("audit: \(subjects.joined(separator: ", "))")
    }

    /// What a consumer that knows the type of its payloads looks like.
    static func sum(of created: Subscription) async -> Double {
        var total = 0.0
        for await order in created.decoded(as: Order.self) { total += order.value.total }
        return total
    }

    /// What a consumer that does not care about payloads looks like.
    static func list(_ audit: Subscription) async -> [String] {
        var subjects: [String] = []
        for await envelope in audit { subjects.append(envelope.subject.rawValue) }
        return subjects
    }
}
