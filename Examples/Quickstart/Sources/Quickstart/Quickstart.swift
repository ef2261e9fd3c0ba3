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
        let created = try await bus.subscribe(to: "orders.*.created")  // `*` is exactly one segment
        let audit = try await bus.subscribe(to: "orders.>")  // `>` is one segment or more

        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created", source: "checkout")
        try await bus.publish(Envelope(subject: "orders.eu.7.paid"))
        await bus.close()  // Subscriptions hand out what they hold, and then end.

        for await order in created.decoded(as: Order.self) { print("created", order.value.id, order.value.total) }
        for await envelope in audit { print("audit", envelope.subject) }
    }
}
