public import EventCore
public import ServiceLifecycle

/// Closes a bus when the services that use it are done.
///
/// ```swift
/// let group = ServiceGroup(
///     services: [BusService(bus), SubscriberService(bus: bus, pattern: "orders.>") { … }],
///     gracefulShutdownSignals: [.sigterm],
///     logger: logger
/// )
/// ```
///
/// A service group shuts its services down in the reverse order, one after the other, so the bus goes first in the list:
/// subscribers stop their intake and drain what they hold while the bus is open and takes their last words, and then the
/// bus is closed. When the group is cancelled instead, the bus is closed at once.
public struct BusService: Service {
    /// The bus that is closed in the end.
    public let bus: any Bus

    /// Creates a service for a bus.
    ///
    /// - Parameter bus: The bus to close.
    public init(_ bus: any Bus) {
        self.bus = bus
    }

    /// Waits for a graceful shutdown or for cancellation, and closes the bus; returns once it is closed.
    public func run() async {
        // Cancelled or shut down, what there is to do is the same.
        try? await gracefulShutdown()
        await bus.close()
    }
}
