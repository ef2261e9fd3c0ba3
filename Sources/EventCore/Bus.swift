#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A subject-routed publish/subscribe bus.
///
/// An ``Envelope`` published on a ``Subject`` reaches every ``Subscription`` whose ``Pattern`` matches. What is written
/// here holds for every transport within one bus; what a transport cannot promise across a link it documents itself, and
/// `BusConformance` in `EventTesting` has a case for each of these sentences.
///
/// All requirements may be called from any task, concurrently.
public protocol Bus: Sendable {
    /// Publishes an envelope to every matching subscription.
    ///
    /// An unset id, time, trace id or span id is filled first. On return the envelope has been enqueued with, or dropped
    /// for, every matching subscription that existed when the call began. What one task publishes arrives at each
    /// subscription in that order. With no subscription the call succeeds.
    ///
    /// A bus that is closed while the call is under way, by a predicate or another task, drops the envelope for those
    /// subscriptions that do not have it yet; the call succeeds unless it has to wait.
    ///
    /// The call waits only while a subscription with ``BackpressurePolicy/block`` is full, and that never delays another
    /// subscription. Cancelling the task matters only then: each subscription that had not taken the envelope drops it,
    /// the others keep it. A cancelled task that need not wait still publishes.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: ``EventError/busClosed`` when the bus is closed or is closed while the call waits; `CancellationError`
    ///   when the task is cancelled while the call waits; what a transport documents.
    func publish(_ envelope: Envelope) async throws

    /// Begins to collect what is published on matching subjects.
    ///
    /// The subscription is in effect on return: a publish that starts afterwards is seen. It ends when it is closed, the
    /// bus is closed, the task that iterates it is cancelled, or nothing refers to it any more; then nothing of it is
    /// left on the bus. An observer is told that it begins, before anything else about it, and once what ended it. What
    /// arrives before the call has returned is not dropped for want of room: the capacity counts from the return on, and
    /// until then ``SubscriptionOptions/maximumBufferCapacity`` does.
    ///
    /// With ``SubscriptionOptions/group`` the subscription shares what matches with the others of its group, and counts as
    /// one match with them: each envelope goes to one member, of those whose predicate accepts it. Within one process that is
    /// one that waits for an envelope, or else who has the fewest in its buffer and room; only when all are full does the
    /// policy of that one count, and the first with room gets an envelope whose publisher waits. A member that ends hands
    /// what it has buffered to the others, behind what these have and whatever their capacity; observers are told of these
    /// deliveries, too. What no other member takes is told as ``DropReason/closed``; the last member keeps its buffer as any
    /// subscription does, and that is told when it goes unread. A bus with a link may have members in several processes,
    /// each of which gets a share that its members share so. A bus that has no groups refuses.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: A subscription with the pattern and the name that were asked for, whose id no other of the process has.
    /// - Throws: ``EventError/busClosed``; ``EventError/invalidConfiguration(_:)`` for options out of range; what a
    ///   transport documents.
    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription

    /// Closes the bus.
    ///
    /// Publishers that wait for room throw ``EventError/busClosed``, subscriptions hand out what they have buffered and
    /// then end. Closing twice, or concurrently, is fine; every call returns after the bus is closed, and from then on
    /// nothing is enqueued and no observer is called. The exception is a publish that is asking a slow predicate, which the call
    /// need not wait for, since it may come from there: it still tells the observer of ``DropReason/closed``.
    func close() async

    /// What connects this bus with others: who is there, what was lost, how it goes.
    ///
    /// `nil` for a bus within one process, which is the default. A bus that wraps another one forwards the other's.
    var link: (any BusLink)? { get }
}

extension Bus {
    /// Begins to collect what is published on matching subjects, with default options.
    ///
    /// - Parameter pattern: Which subjects.
    /// - Returns: The subscription.
    /// - Throws: As ``subscribe(to:options:)``.
    public func subscribe(to pattern: Pattern) async throws -> Subscription {
        try await subscribe(to: pattern, options: SubscriptionOptions())
    }

    /// Publishes a value as the JSON payload of a new envelope; an optional without a value is no payload.
    ///
    /// Bytes that are JSON already are published with ``publish(rawPayload:to:source:headers:)-(Data,_,_,_)``, an envelope with
    /// ``publish(_:)``; neither compiles here.
    ///
    /// - Parameters:
    ///   - payload: The value to encode.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/payloadEncoding(_:)``, and as ``publish(_:)``.
    public func publish(
        _ payload: some Encodable,
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(Envelope(subject: subject, payload: payload, source: source, headers: headers))
    }

    /// Publishes an envelope without a payload: what the literal `nil` says.
    ///
    /// - Parameters:
    ///   - payload: Nothing.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: As ``publish(_:)``.
    public func publish(
        _ payload: Never?,
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(Envelope(subject: subject, source: source, headers: headers))
    }

    /// Publishes bytes that are JSON already as the payload of a new envelope; they are neither checked nor changed.
    ///
    /// - Parameters:
    ///   - rawPayload: One JSON value.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: As ``publish(_:)``.
    public func publish(
        rawPayload: Data,
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(Envelope(subject: subject, rawPayload: rawPayload, source: source, headers: headers))
    }

    /// Publishes bytes that are JSON already as the payload of a new envelope; they are neither checked nor changed.
    ///
    /// - Parameters:
    ///   - rawPayload: One JSON value.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: As ``publish(_:)``.
    @_disfavoredOverload
    public func publish(
        rawPayload: [UInt8],
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        try await publish(rawPayload: Data(rawPayload), to: subject, source: source, headers: headers)
    }

    /// Subscribes for as long as `body` runs.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - body: Receives the subscription, which is in effect; it is closed when `body` returns or throws.
    /// - Returns: What `body` returns.
    /// - Throws: As ``subscribe(to:options:)``, and what `body` throws.
    public func withSubscription<R>(
        to pattern: Pattern,
        options: SubscriptionOptions = .init(),
        _ body: (Subscription) async throws -> R
    ) async throws -> R {
        let subscription = try await subscribe(to: pattern, options: options)
        defer { subscription.close() }
        return try await body(subscription)
    }
}
