extension Subscription {
    /// The outcome of decoding the payload of each envelope, failures as values.
    ///
    /// ```swift
    /// for await result in subscription.decodingResults(as: Order.self) {
    ///     switch result {
    ///     case .success(let order): accept(order.value)
    ///     case .failure(let failure): reject(failure.envelope, because: failure.reason)
    ///     }
    /// }
    /// ```
    ///
    /// It ends, and is cancelled, as the subscription is. An envelope without a payload counts as the JSON value `null`:
    /// it is a failure as an `Order`, and `nil` as an `Order?`.
    ///
    /// - Parameter type: What to decode each payload as.
    /// - Returns: A sequence that takes from the subscription's buffer.
    public func decodingResults<Value: Decodable & Sendable>(as type: Value.Type) -> DecodingResults<Value> {
        DecodingResults(subscription: self)
    }
}

/// What decoding each envelope of a subscription came to.
///
/// Made by ``Subscription/decodingResults(as:)``.
public struct DecodingResults<Value: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What the sequence yields; either way the envelope is part of it.
    public typealias Element = Result<DecodedEnvelope<Value>, UndecodableEnvelope>
    /// The sequence itself does not fail.
    public typealias Failure = Never

    let subscription: Subscription

    /// Makes an iterator; all iterators take from the same buffer.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(envelopes: subscription.makeAsyncIterator())
    }

    /// Takes envelopes from a subscription, which lives as long as its iterators.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate var envelopes: Subscription.Iterator

        /// Waits for the next envelope.
        ///
        /// - Returns: What decoding it came to, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next() async -> Element? {
            await next(isolation: nil)
        }

        /// Waits for the next envelope without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: What decoding it came to, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            guard let envelope = await envelopes.next(isolation: actor) else { return nil }
            return Result { () throws(UndecodableEnvelope) in try DecodedEnvelope(decoding: envelope) }
        }
    }
}
