extension Bus {
    /// Answers the requests published on matching subjects until the bus is closed or the task is cancelled.
    ///
    /// ```swift
    /// try await bus.respond(to: "prices.get") { request in
    ///     Price(of: try request.decode(Item.self))
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - pattern: Which requests to answer.
    ///   - options: Buffer, backpressure and predicate of the subscription.
    ///   - concurrency: How many requests are handled at the same time; less than 1 counts as 1.
    ///   - handler: Makes the reply; what it throws is told to the one who asks and ends nothing.
    /// - Throws: As ``subscribe(to:options:)``.
    public func respond<Reply: Encodable & Sendable>(
        to pattern: Pattern,
        options: SubscriptionOptions = .init(),
        concurrency: Int = 1,
        _ handler: @escaping @Sendable (Envelope) async throws -> Reply
    ) async throws {
        try await withSubscription(to: pattern, options: options) { requests in
            await respond(to: requests, concurrency: concurrency, handler)
        }
    }

    /// Answers the requests of a subscription, which is in effect already, until it ends or the task is cancelled.
    ///
    /// An envelope without an address for replies is no request: it is taken and left alone. The reply carries the
    /// request's id in the header ``Envelope/HeaderKey/requestID``, and, when the handler throws or its value has no JSON
    /// form, the error's description in ``Envelope/HeaderKey/replyError`` instead of a payload.
    ///
    /// - Parameters:
    ///   - requests: The requests; replies are published on this bus.
    ///   - concurrency: How many requests are handled at the same time; less than 1 counts as 1.
    ///   - handler: Makes the reply; what it throws is told to the one who asks and ends nothing.
    public func respond<Reply: Encodable & Sendable>(
        to requests: Subscription,
        concurrency: Int = 1,
        _ handler: @escaping @Sendable (Envelope) async throws -> Reply
    ) async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<Swift.max(1, concurrency) {
                group.addTask {
                    for await request in requests { await self.answer(request, with: handler) }
                }
            }
        }
    }

    private func answer<Reply: Encodable & Sendable>(
        _ request: Envelope,
        with handler: @Sendable (Envelope) async throws -> Reply
    ) async {
        guard let address = ReplyAddress(of: request) else { return }
        var headers = [Envelope.HeaderKey.requestID: request.id]
        do {
            let value = try await handler(request)
            try await publish(Envelope(subject: address.subject, payload: value, headers: headers))
        } catch {
            headers[Envelope.HeaderKey.replyError] = "\(error)"
            // Whoever asks has a limit of its own, which is all that is left when this cannot be published either.
            try? await publish(Envelope(subject: address.subject, headers: headers))
        }
    }
}
