public import EventCore
import EventMemory

/// A bus within the process with a ``StubLink``, for tests of a bus that wraps others.
///
/// Otherwise it is a `MemoryBus`.
public struct StubLinkedBus: Bus {
    /// The link.
    public let stub = StubLink()
    private let base: MemoryBus
    private let onClose: @Sendable (StubLink) -> Void

    /// Creates a bus.
    ///
    /// - Parameters:
    ///   - observer: Told what happens to every envelope.
    ///   - onClose: Called while the bus closes, before the events of its link end.
    public init(observer: (any Observer)? = nil, onClose: @escaping @Sendable (StubLink) -> Void = { _ in }) {
        base = MemoryBus(observer: observer)
        self.onClose = onClose
    }

    /// The stub.
    public var link: (any BusLink)? { stub }

    /// Publishes within the process.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: As a `MemoryBus`.
    public func publish(_ envelope: Envelope) async throws {
        try await base.publish(envelope)
    }

    /// Subscribes within the process.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: As a `MemoryBus`.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }

    /// Closes the bus, and ends the events of its link.
    public func close() async {
        await base.close()
        onClose(stub)
        stub.end()
    }
}
