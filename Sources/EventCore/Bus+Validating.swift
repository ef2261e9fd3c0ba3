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

    /// Publishes bytes that are JSON already, on a subject that is text at run time.
    ///
    /// - Parameters:
    ///   - rawPayload: One JSON value, neither checked nor changed.
    ///   - text: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/invalidSubject(_:)``, and as ``publish(_:)``.
    @_disfavoredOverload
    public func publish(
        rawPayload: [UInt8],
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

    /// Publishes a value as a request, on a subject that is text at run time, and waits for the value of the first reply.
    ///
    /// - Parameters:
    ///   - payload: The value to encode.
    ///   - text: The key the request is routed by.
    ///   - type: What to decode the reply as.
    ///   - source: Who asks, for people and filters.
    ///   - headers: Texts that travel with the request.
    ///   - limit: How long subscribing, publishing and waiting may take together.
    /// - Returns: The value of the first reply; a reply without a payload counts as the JSON value `null`.
    /// - Throws: ``EventError/invalidSubject(_:)``, and as ``request(_:to:as:source:headers:within:)-(Encodable,_,_,_,_,_)``.
    public func request<Reply: Decodable & Sendable>(
        _ payload: some Encodable,
        toValidating text: String,
        as type: Reply.Type,
        source: String? = nil,
        headers: [String: String] = [:],
        within limit: Duration
    ) async throws -> Reply {
        let subject = try Subject(validating: text)
        return try await request(payload, to: subject, as: type, source: source, headers: headers, within: limit)
    }

    /// Answers the requests on subjects that match a pattern that is text at run time, until the bus is closed or the task is cancelled.
    ///
    /// - Parameters:
    ///   - text: Which requests to answer.
    ///   - options: Buffer, backpressure and predicate of the subscription.
    ///   - concurrency: How many requests are handled at the same time; less than 1 counts as 1.
    ///   - onFailure: Told what the handler throws, and why the reply could not be published; each failure once.
    ///   - handler: Makes the reply; what it throws ends nothing.
    /// - Throws: ``EventError/invalidPattern(_:)``, and as ``subscribe(to:options:)``.
    public func respond<Reply: Encodable & Sendable>(
        toValidating text: String,
        options: SubscriptionOptions = .init(),
        concurrency: Int = 1,
        onFailure: @escaping @Sendable (any Error, Envelope) -> Void = { _, _ in },
        _ handler: @escaping @Sendable (Envelope) async throws -> Reply
    ) async throws {
        let pattern = try Pattern(validating: text)
        try await respond(to: pattern, options: options, concurrency: concurrency, onFailure: onFailure, handler)
    }
}
