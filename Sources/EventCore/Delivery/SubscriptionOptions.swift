/// How much a subscription buffers, what happens when that is full, and which envelopes it wants at all.
public struct SubscriptionOptions: Sendable {
    /// The capacity of a buffer when none is asked for, in envelopes.
    public static let defaultBufferCapacity = 64
    /// The greatest capacity, in envelopes.
    public static let maximumBufferCapacity = 1 << 20

    /// How many envelopes wait at most.
    ///
    /// 0 or less means ``defaultBufferCapacity``, more than ``maximumBufferCapacity`` makes `subscribe` throw. Memory grows with what is buffered, not with the capacity.
    public var bufferCapacity: Int
    /// What happens to an envelope that finds the buffer full.
    public var backpressure: BackpressurePolicy
    /// What people call the subscription, in logs, metrics and ``Subscription/description``; any text, and nothing that a
    /// bus goes by.
    public var name: String?
    /// Which of the envelopes that match the pattern are wanted; `nil` means all.
    ///
    /// Called by the publisher on every publish, outside every lock, possibly from several threads at once.
    public var predicate: (@Sendable (Envelope) -> Bool)?
    /// How long `subscribe` waits at most until publishers elsewhere have confirmed the subscription; `nil` means the
    /// bus's own time, zero or less not to wait.
    ///
    /// A bus within one process has nothing to wait for.
    public var confirmationTimeout: Duration?

    /// Creates options.
    ///
    /// - Parameters:
    ///   - bufferCapacity: How many envelopes wait at most, up to ``maximumBufferCapacity``; 0 or less means the default.
    ///   - backpressure: What happens to an envelope that finds the buffer full.
    ///   - name: What people call the subscription.
    ///   - predicate: Which of the envelopes that match the pattern are wanted.
    public init(
        bufferCapacity: Int = defaultBufferCapacity,
        backpressure: BackpressurePolicy = .dropNewest,
        name: String? = nil,
        predicate: (@Sendable (Envelope) -> Bool)? = nil
    ) {
        self.bufferCapacity = bufferCapacity
        self.backpressure = backpressure
        self.name = name
        self.predicate = predicate
    }

    /// The capacity in force.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)`` when more is asked for than ``maximumBufferCapacity``.
    package func validatedCapacity() throws(EventError) -> Int {
        guard bufferCapacity <= Self.maximumBufferCapacity else {
            throw .invalidConfiguration("bufferCapacity \(bufferCapacity) exceeds \(Self.maximumBufferCapacity)")
        }
        return bufferCapacity > 0 ? bufferCapacity : Self.defaultBufferCapacity
    }
}

/// What happens to an envelope that finds a subscription's buffer full.
@nonexhaustive
public enum BackpressurePolicy: String, Sendable, Hashable, CaseIterable, Codable {
    /// The new envelope is dropped: what is buffered stays, the publisher does not wait.
    case dropNewest = "drop_newest"
    /// The oldest buffered envelope is dropped and the new one takes its place: the reader sees the latest.
    case dropOldest = "drop_oldest"
    /// The publisher waits for room: nothing is lost, and the reader's pace becomes the publisher's.
    case block = "block"
}
