/// What changes about the link of a bus, as it happens; ends when the bus is closed.
///
/// Every iterator begins with what is the case when it is made: a ``LinkEvent/connected(endpoint:)`` for each peer that is
/// connected, and for each endpoint that nobody is connected through why, as far as that was told. It goes on with what
/// happens from then on. It keeps up to 1024 events, the latest, for a slow reader.
public struct LinkEvents: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = LinkEvent
    /// The sequence does not fail.
    public typealias Failure = Never

    private let hub: LinkEventHub

    package init(_ hub: LinkEventHub) {
        self.hub = hub
    }

    /// Makes an iterator.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: hub.stream().makeAsyncIterator())
    }

    /// Takes events as they come.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncStream<LinkEvent>.Iterator

        /// Waits for the next event.
        ///
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next() async -> LinkEvent? {
            await base.next(isolation: #isolation)
        }

        /// Waits for the next event without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> LinkEvent? {
            await base.next(isolation: actor)
        }
    }
}

/// Passes events to whoever iterates, and knows who is connected.
package final class LinkEventHub: Sendable {
    private struct State {
        var continuations: [UInt64: AsyncStream<LinkEvent>.Continuation] = [:]
        var lastID: UInt64 = 0
        var isFinished = false
        /// How many peers are connected, by endpoint.
        var peers: [String: Int] = [:]
        /// What was told last of each endpoint without a connection.
        var faults: [String: LinkEvent] = [:]
    }

    private static let bufferedEvents = 1024
    private static let maximumFaults = 1024

    private let state = Lock(State())

    package init() {}

    /// How many peers are connected now, by endpoint.
    package var peers: [String: Int] { state.withLock { $0.peers } }

    func stream() -> AsyncStream<LinkEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: LinkEvent.self,
            bufferingPolicy: .bufferingNewest(Self.bufferedEvents)
        )
        // Under the lock, so that what is connected now comes before whatever happens next.
        let id = state.withLock { state -> UInt64? in
            guard !state.isFinished else { return nil }
            for (endpoint, count) in state.peers {
                for _ in 0..<count { continuation.yield(.connected(endpoint: endpoint)) }
            }
            for fault in state.faults.values { continuation.yield(fault) }
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

    package func send(_ event: LinkEvent) {
        let continuations = state.withLock { state -> [AsyncStream<LinkEvent>.Continuation] in
            guard !state.isFinished else { return [] }
            switch event {
            case .connected(let endpoint):
                state.peers[endpoint, default: 0] += 1
                state.faults[endpoint] = nil
            case .disconnected(let endpoint, _):
                let count = state.peers[endpoint] ?? 0
                state.peers[endpoint] = count > 1 ? count - 1 : nil
            case .refused(let endpoint, _), .unresolved(let endpoint, _):
                guard state.peers[endpoint] == nil, state.faults.count < Self.maximumFaults else { break }
                state.faults[endpoint] = event
            default: break
            }
            return Array(state.continuations.values)
        }
        for continuation in continuations { continuation.yield(event) }
    }

    package func finish() {
        let continuations = state.withLock { state in
            state.isFinished = true
            (state.peers, state.faults) = ([:], [:])
            defer { state.continuations = [:] }
            return Array(state.continuations.values)
        }
        for continuation in continuations { continuation.finish() }
    }

    private func forget(_ id: UInt64) {
        _ = state.withLock { $0.continuations.removeValue(forKey: id) }
    }
}
