#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Hands what is published on several buses to handlers, each apart from the others.
///
/// ```swift
/// var router = Router { failure in logger.error("\(failure)") }
/// router.attach("audit", to: ["orders.>", "users.*.deleted"], on: [local, remote]) { envelope in
///     try await store.append(envelope)
/// }
/// try await router.run()
/// ```
///
/// Each pattern on each bus is a subscription of its own, read by a task of its own: a handler is called for the
/// envelopes of one subscription one after the other, in order, and for those of different ones at the same time. An
/// envelope that two patterns of a handler match on one bus is handed to it twice. What a handler throws is reported and
/// ends neither its own reading nor that of others.
public struct Router: Sendable {
    /// What is called for each envelope.
    public typealias Handler = @Sendable (Envelope) async throws -> Void

    /// A handler and where it listens.
    struct Route: Sendable {
        var name: String
        var patterns: [Pattern]
        var buses: [any Bus]
        var options: SubscriptionOptions
        var handler: Handler
    }

    private var routes: [Route] = []
    private let onFailure: @Sendable (HandlerFailure) -> Void

    /// Creates a router without handlers.
    ///
    /// - Parameter onFailure: Told what a handler throws, by the task that called it; possibly from several at once.
    public init(onFailure: @escaping @Sendable (HandlerFailure) -> Void) {
        self.onFailure = onFailure
    }

    /// Attaches a handler to patterns on buses.
    ///
    /// - Parameters:
    ///   - name: What the handler is called in reports.
    ///   - patterns: What it listens to, on every one of the buses.
    ///   - buses: Where it listens.
    ///   - options: Buffer, backpressure and predicate of each of its subscriptions.
    ///   - handler: Called for every envelope.
    public mutating func attach(
        _ name: String,
        to patterns: [Pattern],
        on buses: [any Bus],
        options: SubscriptionOptions = .init(),
        handler: @escaping Handler
    ) {
        routes.append(Route(name: name, patterns: patterns, buses: buses, options: options, handler: handler))
    }

    /// Subscribes and calls the handlers until every bus is closed or the task is cancelled.
    ///
    /// - Throws: As `Bus.subscribe`; then nothing is subscribed any more.
    public func run() async throws {
        try await open().run()
    }

    /// Subscribes, so that what is published from now on reaches the handlers once the session is run.
    ///
    /// - Returns: What was subscribed; letting go of it ends the subscriptions.
    /// - Throws: As `Bus.subscribe`; then nothing is subscribed any more.
    public func open() async throws -> RouterSession {
        var readings: [RouterSession.Reading] = []
        do {
            for route in routes {
                for bus in route.buses {
                    for pattern in route.patterns {
                        let subscription = try await bus.subscribe(to: pattern, options: route.options)
                        readings.append(.init(route: route, subscription: subscription))
                    }
                }
            }
        } catch {
            for reading in readings { reading.subscription.close() }
            throw error
        }
        return RouterSession(readings: readings, onFailure: onFailure)
    }
}

/// What a handler of a ``Router`` threw.
public struct HandlerFailure: Error, CustomStringConvertible {
    /// The name under which the handler was attached.
    public let handler: String
    /// The pattern through which the envelope came to it.
    public let pattern: Pattern
    /// The envelope it failed on.
    public let envelope: Envelope
    /// What it threw.
    public let error: any Error

    /// The handler, the envelope's subject and id, and the error, in one line.
    public var description: String {
        "\(handler) failed on \(envelope.name): \(error)".printable
    }
}

extension HandlerFailure: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
