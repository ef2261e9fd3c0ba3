public import EventCore
public import EventMemory
import EventTransport

/// A bus that keeps what is published through it and can be told to fail, for tests of code that takes `any Bus`.
///
/// Everything is passed on to the bus it wraps. An envelope counts as published once that bus has accepted it, so
/// `publish` of a full `block` subscription is recorded when it returns; one whose publish threw is kept in ``failed``
/// instead. Envelopes published by one task are recorded in order; those of concurrent tasks in the order in which
/// their publishes returned. It may be used from any task.
public final class RecordingBus: Bus {
    private struct Failures {
        var publishes = PlannedFailures()
        var subscribes = PlannedFailures()
    }

    private let bus: any Bus
    private let accepted = Journal<Envelope>()
    private let refused = Journal<Envelope>()
    private let failures = Lock(Failures())

    /// Creates a bus that records what is published through it.
    ///
    /// - Parameter bus: The bus that does the work; closing the recording bus closes it.
    public init(wrapping bus: any Bus = MemoryBus()) {
        self.bus = bus
    }

    /// The envelopes published successfully, in order, as the subscriptions saw them.
    public var published: [Envelope] {
        accepted.entries
    }

    /// The envelopes whose publish threw, in order: told to fail, cancelled, or refused by the wrapped bus.
    public var failed: [Envelope] {
        refused.entries
    }

    /// The envelopes published successfully on matching subjects, in order.
    ///
    /// - Parameter pattern: Which subjects to include.
    /// - Returns: The matching part of ``published``.
    public func published(on pattern: Pattern) -> [Envelope] {
        published.filter { pattern.matches($0.subject) }
    }

    /// The decoded payloads of the envelopes published successfully on matching subjects, in order.
    ///
    /// - Parameters:
    ///   - type: What to decode each payload as.
    ///   - pattern: Which subjects to include.
    /// - Returns: One value for every matching envelope that has a payload.
    /// - Throws: `EventError.payloadDecoding` when a payload is not of that type.
    public func payloads<Payload: Decodable>(
        of type: Payload.Type = Payload.self,
        on pattern: Pattern = ">"
    ) throws(EventError) -> [Payload] {
        var payloads: [Payload] = []
        for envelope in published(on: pattern) {
            if let payload = try envelope.decode(type) { payloads.append(payload) }
        }
        return payloads
    }

    /// Returns the first published envelope that fulfils a condition, waiting for it when it has still to come.
    ///
    /// - Parameters:
    ///   - limit: How long to wait at most.
    ///   - predicate: Says whether an envelope is the one; may be asked several times about the same one.
    /// - Returns: The first such envelope since the last ``reset()``.
    /// - Throws: ``ExpectationTimeout`` that lists what was published when the time is up, `CancellationError` when
    ///   the task is cancelled.
    @discardableResult
    public func expect(
        within limit: Duration = .seconds(5),
        where predicate: @escaping @Sendable (Envelope) -> Bool
    ) async throws -> Envelope {
        let found = try await accepted.entries(within: limit) { $0.contains(where: predicate) }
        guard let envelope = found?.first(where: predicate) else {
            throw ExpectationTimeout(limit: limit, seen: published.map(\.name))
        }
        return envelope
    }

    /// Makes the next calls of `publish` throw without reaching the wrapped bus.
    ///
    /// - Parameters:
    ///   - count: How many calls fail; replaces what was left of an earlier order.
    ///   - error: What they throw.
    public func failNextPublishes(_ count: Int, with error: any Error) {
        failures.withLock { $0.publishes = PlannedFailures(count: count, error: error) }
    }

    /// Makes the next calls of `subscribe` throw without reaching the wrapped bus.
    ///
    /// - Parameters:
    ///   - count: How many calls fail; replaces what was left of an earlier order.
    ///   - error: What they throw.
    public func failNextSubscribes(_ count: Int, with error: any Error) {
        failures.withLock { $0.subscribes = PlannedFailures(count: count, error: error) }
    }

    /// Takes back what ``failNextPublishes(_:with:)`` and ``failNextSubscribes(_:with:)`` ordered.
    public func stopFailing() {
        failures.withLock { $0 = Failures() }
    }

    /// Forgets what was published and what failed, and stops failing; the wrapped bus is left alone.
    public func reset() {
        stopFailing()
        accepted.removeAll()
        refused.removeAll()
    }

    /// Publishes through the wrapped bus and records the outcome.
    ///
    /// - Parameter envelope: The envelope; unset fields are filled here, so that the record shows what the bus saw.
    /// - Throws: The ordered error, or what the wrapped bus throws.
    public func publish(_ envelope: Envelope) async throws {
        let envelope = envelope.filledForPublishing()
        do {
            try failures.withLock { try $0.publishes.throwNext() }
            try await bus.publish(envelope)
        } catch {
            refused.append(envelope)
            throw error
        }
        accepted.append(envelope)
    }

    /// Subscribes to the wrapped bus.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects to receive.
    ///   - options: Buffer, backpressure and predicate, as of the wrapped bus.
    /// - Returns: A subscription of the wrapped bus.
    /// - Throws: The ordered error, or what the wrapped bus throws.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try failures.withLock { try $0.subscribes.throwNext() }
        return try await bus.subscribe(to: pattern, options: options)
    }

    /// The link of the wrapped bus.
    public var link: (any BusLink)? { bus.link }

    /// Closes the wrapped bus; what was recorded stays.
    public func close() async {
        await bus.close()
    }
}
