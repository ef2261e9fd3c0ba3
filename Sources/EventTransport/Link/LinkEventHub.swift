public import EventCore

/// Where a transport sends what happens to its link; passes it to whoever iterates ``/EventCore/LinkEvents``.
///
/// It remembers who is connected, so that an iterator that is made later begins with that. All of it may be used from any
/// thread, and none of it waits.
public final class LinkEventHub: Sendable {
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

    /// Creates a hub that nothing has been sent through.
    public init() {}

    /// How many peers are connected now, by endpoint, as far as the events tell.
    public var peers: [String: Int] { state.withLock { $0.peers } }

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

    /// Passes an event to everybody who iterates; does nothing once the hub is finished.
    ///
    /// - Parameter event: What happened.
    /// - Complexity: O(*n*) in the number of iterators.
    public func send(_ event: LinkEvent) {
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

    /// Ends all events, as a bus does when it is closed.
    public func finish() {
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
