import EventCore
import EventTesting
import Shop
import Testing

@Suite struct ShippingServiceTests {
    @Test func `asks for a parcel for each order`() async throws {
        let bus = RecordingBus()
        let service = try await ShippingService(bus: bus)
        async let end: Void = service.run()

        // What another service would publish.
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")

        // Waits for what has still to come, with a deadline, and fails with a list of what came instead.
        let parcel = try await bus.expect(within: .seconds(5)) { $0.subject == "parcels.requested" }
        #expect(try parcel.decode(Order.self)?.id == 7)

        await bus.close()
        try await end
    }

    @Test func `does not start without its subscription`() async {
        let bus = RecordingBus()
        bus.failNextSubscribes(1, with: EventError.busClosed)
        await #expect(throws: EventError.busClosed) { _ = try await ShippingService(bus: bus) }
    }
}
