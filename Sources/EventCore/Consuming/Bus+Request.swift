extension Bus {
    /// Publishes a request and waits for the first reply to it.
    ///
    /// The reply comes on a subject of its own, `_reply.` and a fresh id, which the request names in the header
    /// ``Envelope/HeaderKey/replyTo``; ``respond(to:options:concurrency:onFailure:_:)`` answers there. Its
    /// subscription is gone when the call returns, whichever way it does. When several answer, the first reply counts and
    /// nobody sees the others. Subscriptions to `>` see requests and replies like everything else.
    ///
    /// Over a lossy link, such as that of `ZMQBus`, the request or the reply may be lost, or the responder may not be
    /// known yet to the publisher: the call then runs into its limit. Ask again only for what may be done twice.
    ///
    /// - Parameters:
    ///   - request: What to publish; its header ``Envelope/HeaderKey/replyTo`` is replaced.
    ///   - limit: How long subscribing, publishing and waiting may take together.
    /// - Returns: The first reply.
    /// - Throws: ``EventError/noReply(_:)`` when the time is up; ``EventError/requestFailed(_:)`` with the responder's
    ///   words when it failed; ``EventError/busClosed`` when the bus is closed before or while the call waits;
    ///   `CancellationError` when the task is cancelled; as ``publish(_:)`` and ``subscribe(to:options:)``.
    public func request(_ request: Envelope, within limit: Duration) async throws -> Envelope {
        let address = try ReplyAddress()
        let end = ContinuousClock.now + limit.bounded
        var request = request
        request.headers[Envelope.HeaderKey.replyTo] = address.subject.rawValue
        let replies = try await Deadline.run(within: limit) { [request] in try await self.ask(request, on: address) }
        defer { replies?.close() }
        guard let replies, let reply = try await Self.first(of: replies, until: end) else {
            throw EventError.noReply("\(request.subject) within \(limit)")
        }
        if let fault = reply.headers[Envelope.HeaderKey.replyError] { throw EventError.requestFailed(fault) }
        return reply
    }

    /// Publishes a value as a request and waits for the value of the first reply.
    ///
    /// ```swift
    /// let price = try await bus.request(Item(id: 7), to: "prices.get", as: Price.self, within: .seconds(2))
    /// ```
    ///
    /// - Parameters:
    ///   - payload: The value to encode.
    ///   - subject: The key the request is routed by.
    ///   - type: What to decode the reply as.
    ///   - source: Who asks, for people and filters.
    ///   - headers: Texts that travel with the request.
    ///   - limit: How long subscribing, publishing and waiting may take together.
    /// - Returns: The value of the first reply; a reply without a payload counts as the JSON value `null`.
    /// - Throws: ``EventError/payloadEncoding(_:)``, ``EventError/payloadDecoding(_:)``, and as ``request(_:within:)``.
    public func request<Reply: Decodable & Sendable>(
        _ payload: some Encodable,
        to subject: Subject,
        as type: Reply.Type,
        source: String? = nil,
        headers: [String: String] = [:],
        within limit: Duration
    ) async throws -> Reply {
        let envelope = try Envelope(subject: subject, payload: payload, source: source, headers: headers)
        let reply = try await request(envelope, within: limit)
        do {
            return try DecodedEnvelope<Reply>(decoding: reply).value
        } catch {
            throw error.reason
        }
    }

    /// Publishes a request, whose replies the subscription gets.
    private func ask(_ request: Envelope, on address: ReplyAddress) async throws -> Subscription {
        let replies = try await subscribe(to: Pattern(address.subject))
        do {
            try await publish(request)
        } catch {
            replies.close()
            throw error
        }
        return replies
    }

    /// Waits for the first reply; `nil` when none came in time.
    private static func first(
        of replies: Subscription,
        until end: ContinuousClock.Instant
    ) async throws -> Envelope? {
        if let reply = await replies.next(within: end - .now) { return reply }
        try Task.checkCancellation()
        if replies.hasEnded { throw EventError.busClosed }
        return nil
    }
}
