import EventCore
import Synchronization

/// What changes about the links of a ``ZMQBus``, as it happens; ends when the bus is closed.
///
/// Every iterator gets the events from its making on, and keeps up to 1024 of them, the latest, for a slow reader.
public struct ZMQConnectionEvents: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = ZMQConnectionEvent
    /// The sequence does not fail.
    public typealias Failure = Never

    private let hub: ConnectionEventHub

    init(_ hub: ConnectionEventHub) {
        self.hub = hub
    }

    /// Makes an iterator, which gets what happens from now on.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: hub.stream().makeAsyncIterator())
    }

    /// Takes events as they come.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncStream<ZMQConnectionEvent>.Iterator

        /// Waits for the next event.
        ///
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next() async -> ZMQConnectionEvent? {
            await base.next(isolation: #isolation)
        }

        /// Waits for the next event without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ZMQConnectionEvent? {
            await base.next(isolation: actor)
        }
    }
}

/// Passes events to whoever iterates.
final class ConnectionEventHub: Sendable {
    private struct State {
        var continuations: [UInt64: AsyncStream<ZMQConnectionEvent>.Continuation] = [:]
        var lastID: UInt64 = 0
        var isFinished = false
    }

    private static let bufferedEvents = 1024

    private let state = Lock(State())

    func stream() -> AsyncStream<ZMQConnectionEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ZMQConnectionEvent.self,
            bufferingPolicy: .bufferingNewest(Self.bufferedEvents)
        )
        let id = state.withLock { state -> UInt64? in
            guard !state.isFinished else { return nil }
            state.lastID += 1
            state.continuations[state.lastID] = continuation
            return state.lastID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.forget(id) }
        return stream
    }

    func send(_ event: ZMQConnectionEvent) {
        for continuation in state.withLock({ Array($0.continuations.values) }) { continuation.yield(event) }
    }

    func finish() {
        let continuations = state.withLock { state in
            state.isFinished = true
            defer { state.continuations = [:] }
            return Array(state.continuations.values)
        }
        for continuation in continuations { continuation.finish() }
    }

    private func forget(_ id: UInt64) {
        _ = state.withLock { $0.continuations.removeValue(forKey: id) }
    }
}
