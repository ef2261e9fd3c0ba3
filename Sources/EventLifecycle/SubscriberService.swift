public import EventCore
public import ServiceLifecycle

/// Hands what is published on matching subjects to a handler, one envelope after the other.
///
/// On graceful shutdown it stops its intake, hands out what its buffer holds, and returns; when it is cancelled it
/// returns after the envelope in hand. It also returns when the bus is closed, which a service group takes for the end of
/// the service.
public struct SubscriberService: Service, CustomStringConvertible {
    /// What is called for each envelope.
    public typealias Handler = @Sendable (Envelope) async throws -> Void

    private let bus: any Bus
    private let pattern: Pattern
    private let options: SubscriptionOptions
    private let onFailure: (@Sendable (any Error, Envelope) -> Void)?
    private let handler: Handler

    /// Creates a service.
    ///
    /// - Parameters:
    ///   - bus: Where to subscribe.
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - onFailure: Told what the handler throws, whereupon the service goes on with the next envelope; without it the
    ///     error ends the service.
    ///   - handler: Called for each envelope, in order.
    public init(
        bus: any Bus,
        pattern: Pattern,
        options: SubscriptionOptions = .init(),
        onFailure: (@Sendable (any Error, Envelope) -> Void)? = nil,
        handler: @escaping Handler
    ) {
        self.bus = bus
        self.pattern = pattern
        self.options = options
        self.onFailure = onFailure
        self.handler = handler
    }

    /// What the service is called in the log of its group.
    public var description: String { "SubscriberService(\(pattern))" }

    /// Subscribes, and handles envelopes until the service is shut down or cancelled, or the bus is closed.
    ///
    /// - Throws: As `Bus.subscribe`, and what the handler throws unless failures are reported.
    public func run() async throws {
        let subscription = try await bus.subscribe(to: pattern, options: options)
        defer { subscription.close() }
        try await withGracefulShutdownHandler {
            for await envelope in subscription { try await handle(envelope) }
        } onGracefulShutdown: {
            subscription.close()
        }
    }

    private func handle(_ envelope: Envelope) async throws {
        do {
            try await handler(envelope)
        } catch {
            guard let onFailure, !(error is CancellationError && Task.isCancelled) else { throw error }
            onFailure(error, envelope)
        }
    }
}
