package import EventCore
import EventMemory

/// A link that leads nowhere and says what a test tells it to.
package final class StubLink: BusLink {
    private let current = Lock(LinkStatistics())
    private let hub = LinkEventHub()

    package init() {}

    package var statistics: LinkStatistics {
        get { current.withLock(\.self) }
        set { current.withLock { $0 = newValue } }
    }

    package var events: LinkEvents { LinkEvents(hub) }

    package func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) -> Bool {
        count <= statistics.peers
    }

    /// Ends the events, as a bus that is closed does.
    package func end() {
        hub.finish()
    }
}

/// A bus within the process with a ``StubLink``.
package struct StubLinkedBus: Bus {
    package let stub = StubLink()
    private let base = MemoryBus()
    private let onClose: @Sendable (StubLink) -> Void

    /// Makes a bus that calls `onClose` while it closes, before the events of its link end.
    package init(onClose: @escaping @Sendable (StubLink) -> Void = { _ in }) {
        self.onClose = onClose
    }

    package var link: (any BusLink)? { stub }

    package func publish(_ envelope: Envelope) async throws {
        try await base.publish(envelope)
    }

    package func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }

    package func close() async {
        await base.close()
        onClose(stub)
        stub.end()
    }
}
