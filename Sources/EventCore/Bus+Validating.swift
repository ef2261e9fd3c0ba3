#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// For subjects and patterns that are only known at run time: what a literal traps on is thrown here.
extension Bus {
    /// Publishes a value as the JSON payload of a new envelope, on a subject that is text at run time.
    ///
    /// - Parameters:
    ///   - payload: The value to encode; an optional without a value is no payload.
    ///   - text: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/invalidSubject(_:)``, and as ``publish(_:to:source:headers:)-(Encodable,_,_,_)``.
    public func publish(
        _ payload: some Encodable,
        toValidating text: String,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(payload, to: Subject(validating: text), source: source, headers: headers)
    }

    /// Publishes bytes that are JSON already, on a subject that is text at run time.
    ///
    /// - Parameters:
    ///   - rawPayload: One JSON value, neither checked nor changed.
    ///   - text: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/invalidSubject(_:)``, and as ``publish(_:)``.
    public func publish(
        rawPayload: Data,
        toValidating text: String,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(rawPayload: rawPayload, to: Subject(validating: text), source: source, headers: headers)
    }

    /// Begins to collect what is published on subjects that match a pattern that is text at run time.
    ///
    /// - Parameters:
    ///   - text: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: ``EventError/invalidPattern(_:)``, and as ``subscribe(to:options:)``.
    public func subscribe(
        toValidating text: String,
        options: SubscriptionOptions = .init()
    ) async throws -> Subscription {
        try await subscribe(to: Pattern(validating: text), options: options)
    }

    /// Subscribes for as long as `body` runs, to a pattern that is text at run time.
    ///
    /// - Parameters:
    ///   - text: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - body: Receives the subscription, which is in effect; it is closed when `body` returns or throws.
    /// - Returns: What `body` returns.
    /// - Throws: ``EventError/invalidPattern(_:)``, and as ``withSubscription(to:options:_:)``.
    public func withSubscription<R>(
        toValidating text: String,
        options: SubscriptionOptions = .init(),
        _ body: (Subscription) async throws -> R
    ) async throws -> R {
        try await withSubscription(to: Pattern(validating: text), options: options, body)
    }
}
