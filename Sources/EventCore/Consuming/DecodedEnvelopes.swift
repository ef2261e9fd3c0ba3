import Synchronization

extension Subscription {
    /// The envelopes of this subscription with their payloads decoded; what cannot be decoded is skipped and counted.
    ///
    /// ```swift
    /// for await order in subscription.decoded(as: Order.self) {
    ///     print(order.value.total, order.envelope.subject)
    /// }
    /// ```
    ///
    /// It ends, and is cancelled, as the subscription is. An envelope without a payload counts as the JSON value `null`:
    /// it is skipped as an `Order`, and `nil` as an `Order?`.
    ///
    /// - Parameters:
    ///   - type: What to decode each payload as.
    ///   - onSkip: Called by the reader for each envelope that is skipped.
    /// - Returns: A sequence that takes from the subscription's buffer.
    public func decoded<Value: Decodable & Sendable>(
        as type: Value.Type,
        onSkip: (@Sendable (UndecodableEnvelope) -> Void)? = nil
    ) -> DecodedEnvelopes<Value> {
        DecodedEnvelopes(subscription: self, onSkip: onSkip)
    }
}

/// The envelopes of a subscription whose payload is a `Value`; others are skipped and counted.
///
/// Made by ``Subscription/decoded(as:onSkip:)``. Copies share the count.
public struct DecodedEnvelopes<Value: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = DecodedEnvelope<Value>
    /// The sequence does not fail.
    public typealias Failure = Never

    private let subscription: Subscription
    private let onSkip: (@Sendable (UndecodableEnvelope) -> Void)?
    private let skipped = Skipped()

    private final class Skipped: Sendable {
        // Relaxed: the number only grows and guards nothing; a reader sees at least what it has skipped itself.
        let count = Atomic<Int>(0)
    }

    init(subscription: Subscription, onSkip: (@Sendable (UndecodableEnvelope) -> Void)?) {
        self.subscription = subscription
        self.onSkip = onSkip
    }

    /// How many envelopes have been skipped so far, because their payload is not a `Value`.
    public var skippedCount: Int {
        skipped.count.load(ordering: .relaxed)
    }

    /// Makes an iterator; all iterators take from the same buffer.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(envelopes: subscription.makeAsyncIterator(), sequence: self)
    }

    private func decode(_ envelope: Envelope) -> DecodedEnvelope<Value>? {
        do {
            return try DecodedEnvelope(decoding: envelope)
        } catch {
            skipped.count.add(1, ordering: .relaxed)
            onSkip?(error)
            return nil
        }
    }

    /// Takes decoded envelopes from a subscription, which lives as long as its iterators.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate var envelopes: Subscription.Iterator
        fileprivate let sequence: DecodedEnvelopes

        /// Waits for the next envelope that can be decoded.
        ///
        /// - Returns: It, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next() async -> DecodedEnvelope<Value>? {
            await next(isolation: nil)
        }

        /// Waits for the next envelope that can be decoded, without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: It, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> DecodedEnvelope<Value>? {
            while let envelope = await envelopes.next(isolation: actor) {
                if let decoded = sequence.decode(envelope) { return decoded }
            }
            return nil
        }
    }
}
