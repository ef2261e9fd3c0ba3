public import EventCore

/// Asks for a parcel for each order that was created.
public struct ShippingService: Sendable {
    private let bus: any Bus
    private let orders: Subscription

    /// Creates a service that misses no order from here on.
    ///
    /// - Parameter bus: Where orders are announced and parcels are asked for.
    /// - Throws: What `subscribe` throws.
    public init(bus: any Bus) async throws {
        self.bus = bus
        orders = try await bus.subscribe(to: "orders.*.created", options: SubscriptionOptions(backpressure: .block))
    }

    /// Works until the bus is closed.
    ///
    /// - Throws: What `publish` throws.
    public func run() async throws {
        for await order in orders.decoded(as: Order.self) {
            try await bus.publish(order.value, to: "parcels.requested", source: "shipping")
        }
    }
}
