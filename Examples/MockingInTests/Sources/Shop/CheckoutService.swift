public import EventCore

/// Takes orders and announces them.
public struct CheckoutService: Sendable {
    /// Why an order was not taken.
    public enum Refusal: Error, Hashable {
        /// Nobody could be told; the customer should try again.
        case unavailable
    }

    private let bus: any Bus

    /// Creates a service.
    ///
    /// - Parameter bus: Where orders are announced.
    public init(bus: any Bus) {
        self.bus = bus
    }

    /// Takes an order, and announces it on `orders.<region>.created`.
    ///
    /// - Parameters:
    ///   - order: The order.
    ///   - region: Where it comes from: one segment of a subject.
    /// - Throws: ``Refusal``; `EventError.invalidSubject` for a region that is no segment.
    public func checkOut(_ order: Order, region: String) async throws {
        let subject = try Subject(segments: ["orders", region, "created"])
        do {
            try await bus.publish(order, to: subject, source: "checkout")
        } catch EventError.busClosed {
            throw Refusal.unavailable
        }
    }
}
