import Instrumentation

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Bus {
    /// Answers the requests published on matching subjects until the bus is closed or the task is cancelled.
    ///
    /// ```swift
    /// try await bus.respond(to: "prices.get") { request in
    ///     guard let item = try request.decode(Item.self) else { throw RequestFailure("an item is missing") }
    ///     return Price(of: item)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - pattern: Which requests to answer.
    ///   - options: Buffer, backpressure and predicate of the subscription.
    ///   - concurrency: How many requests are handled at the same time; less than 1 counts as 1.
    ///   - onFailure: Told what the handler throws, and why the reply could not be published; each failure once.
    ///   - handler: Makes the reply; what it throws ends nothing.
    /// - Throws: As ``subscribe(to:options:)``.
    public func respond<Reply: Encodable & Sendable>(
        to pattern: Pattern,
        options: SubscriptionOptions = .init(),
        concurrency: Int = 1,
        onFailure: @escaping @Sendable (any Error, Envelope) -> Void = { _, _ in },
        _ handler: @escaping @Sendable (Envelope) async throws -> Reply
    ) async throws {
        try await withSubscription(to: pattern, options: options) { requests in
            await respond(to: requests, concurrency: concurrency, onFailure: onFailure, handler)
        }
    }

    /// Answers the requests of a subscription, which is in effect already, until it ends or the task is cancelled.
    ///
    /// An envelope without an address for replies is no request: it is taken and left alone. The reply's payload is what the
    /// handler returns as JSON, none for `nil`, and bytes as they are; an envelope is sent as it is, but for its subject.
    /// The reply carries the request's id in the header ``Envelope/HeaderKey/requestID``. When the handler throws or its value has no JSON form,
    /// the header ``Envelope/HeaderKey/replyError`` says so instead of a payload: in the handler's own words when it
    /// throws a ``RequestFailure``, and otherwise by the error's type alone, since everybody may read what is published.
    ///
    /// The handler and the reply belong to the trace of the request: the handler's task carries its context, so spans that
    /// it opens are children of the request's, and so is the reply. A request without a trace leaves the task's own.
    ///
    /// - Parameters:
    ///   - requests: The requests; replies are published on this bus.
    ///   - concurrency: How many requests are handled at the same time; less than 1 counts as 1.
    ///   - onFailure: Told what the handler throws, and why the reply could not be published; each failure once.
    ///   - handler: Makes the reply; what it throws ends nothing.
    public func respond<Reply: Encodable & Sendable>(
        to requests: Subscription,
        concurrency: Int = 1,
        onFailure: @escaping @Sendable (any Error, Envelope) -> Void = { _, _ in },
        _ handler: @escaping @Sendable (Envelope) async throws -> Reply
    ) async {
        let instrumented = self as? any InstrumentedBus
        await withDiscardingTaskGroup { group in
            for _ in 0..<Swift.max(1, concurrency) {
                group.addTask {
                    for await request in requests { await self.answer(request, instrumented, with: handler, onFailure) }
                }
            }
        }
    }

    private func answer<Reply: Encodable & Sendable>(
        _ request: Envelope,
        _ instrumented: (any InstrumentedBus)?,
        with handler: @Sendable (Envelope) async throws -> Reply,
        _ onFailure: @Sendable (any Error, Envelope) -> Void
    ) async {
        guard let address = ReplyAddress(of: request) else { return }
        let trace = RequestTrace(of: request, by: instrumented?.instrument ?? InstrumentationSystem.instrument)
        await trace.run {
            let reply: Envelope
            do {
                reply = try Self.reply(try await handler(request), on: address.subject)
            } catch {
                onFailure(error, request)
                await tell(error, to: address, request, in: trace, onFailure)
                return
            }
            do {
                try await publish(reply, to: request, in: trace)
            } catch {
                onFailure(error, request)
                // When this fails too, whoever asks has a limit of its own, and here the reason is known already.
                await tell(error, to: address, request, in: trace) { _, _ in }
            }
        }
    }

    /// What a handler returned, as an envelope; an envelope of its own goes to whoever has asked, and asks nothing itself.
    private static func reply(_ value: some Encodable, on subject: Subject) throws(EventError) -> Envelope {
        guard var envelope = value as? Envelope else { return try Envelope(subject: subject, payload: value) }
        (envelope.subject, envelope.id) = (subject, "")
        envelope.headers[Envelope.HeaderKey.replyTo] = nil
        return envelope
    }

    private func tell(
        _ failure: any Error,
        to address: ReplyAddress,
        _ request: Envelope,
        in trace: RequestTrace,
        _ onFailure: @Sendable (any Error, Envelope) -> Void
    ) async {
        var reply = Envelope(subject: address.subject)
        reply.headers[Envelope.HeaderKey.replyError] = RequestFailure(toTell: failure).message
        do { try await publish(reply, to: request, in: trace) } catch { onFailure(error, request) }
    }

    private func publish(_ reply: Envelope, to request: Envelope, in trace: RequestTrace) async throws {
        var reply = reply
        reply.headers[Envelope.HeaderKey.requestID] = request.id
        trace.pass(to: &reply)
        try await publish(reply)
    }
}

/// What a responder throws to tell the one who asks why there is no answer.
public struct RequestFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The words; everybody who subscribes to replies can read them.
    public let message: String

    /// Creates a failure.
    ///
    /// - Parameter message: Why there is no answer.
    public init(_ message: String) {
        self.message = message
    }

    fileprivate init(toTell error: any Error) {
        self = error as? RequestFailure ?? RequestFailure("\(type(of: error))")
    }

    /// The words, in one line; their beginning when they are long.
    public var description: String { message.excerpt(upTo: 500) }
}

extension RequestFailure: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
