import EventCore

/// What libnats has told of a connection, until the thread that serves it takes it.
final class ConnectionNews: ConnectionObserver {
    /// Whoever is told more and takes nothing has ended.
    private static let limit = 1024

    private let wake: @Sendable () -> Void
    private let events = Lock<[ConnectionEvent]>([])

    /// - Parameter wake: Wakes the thread that takes what was told.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// On a thread of libnats.
    func connection(_ event: ConnectionEvent) {
        events.withLock { events in if events.count < Self.limit { events.append(event) } }
        wake()
    }

    /// What was told since the last call.
    func take() -> [ConnectionEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}
