import EventCore
import EventTesting
import Shop
import Testing

@Suite struct CheckoutServiceTests {
    private let bus = RecordingBus()

    @Test func `announces an order in its region`() async throws {
        try await CheckoutService(bus: bus).checkOut(Order(id: 7, total: 12.5), region: "eu")

        let envelope = try #require(bus.published.first)
        #expect(envelope.subject == "orders.eu.created")
        #expect(envelope.source == "checkout")
        #expect(try bus.payloads(of: Order.self) == [Order(id: 7, total: 12.5)])
    }

    @Test func `asks the customer to try again when nobody can be told, and recovers`() async throws {
        let service = CheckoutService(bus: bus)
        bus.failNextPublishes(1, with: EventError.busClosed)

        await #expect(throws: CheckoutService.Refusal.unavailable) {
            try await service.checkOut(Order(id: 8, total: 1), region: "eu")
        }
        #expect(bus.published.isEmpty)
        #expect(bus.failed.count == 1)

        try await service.checkOut(Order(id: 8, total: 1), region: "eu")
        #expect(bus.published(on: "orders.*.created").count == 1)
    }

    @Test func `refuses a region that would inject a segment`() async {
        await #expect(throws: EventError.self) {
            try await CheckoutService(bus: bus).checkOut(Order(id: 9, total: 1), region: "eu.created.>")
        }
        #expect(bus.published.isEmpty)
    }
}
