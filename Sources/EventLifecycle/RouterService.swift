public import EventCore
public import ServiceLifecycle

/// Runs a router as a service.
///
/// On graceful shutdown its subscriptions are closed, the handlers get what they hold, and it returns; when it is
/// cancelled it returns after the envelopes in hand. It also returns when every bus of the router is closed.
public struct RouterService: Service {
    private let router: EventRouter

    /// Creates a service.
    ///
    /// - Parameter router: What to run.
    public init(_ router: EventRouter) {
        self.router = router
    }

    /// Subscribes, and calls the handlers until the service is shut down or cancelled, or every bus is closed.
    ///
    /// - Throws: As `Bus.subscribe`.
    public func run() async throws {
        // Before a shutdown can be noticed, which closes what there is.
        try await router.open()
        try await withGracefulShutdownHandler {
            try await router.run()
        } onGracefulShutdown: {
            router.stop()
        }
    }
}
