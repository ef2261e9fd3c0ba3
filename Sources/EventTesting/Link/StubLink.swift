public import EventCore
import EventTransport

/// A link that leads nowhere and says what a test tells it to.
///
/// It may be used from any task.
public final class StubLink: BusLink {
    private let current = Lock(LinkStatistics())
    private let hub = LinkEventHub()

    /// Creates a link with nothing counted.
    public init() {}

    /// What the test says has been counted.
    public var statistics: LinkStatistics {
        get { current.withLock(\.self) }
        set { current.withLock { $0 = newValue } }
    }

    /// What the test sends.
    public var events: LinkEvents { LinkEvents(hub) }

    /// Sends an event.
    ///
    /// - Parameter event: What happened.
    public func send(_ event: LinkEvent) {
        hub.send(event)
    }

    /// Whether the test says that so many peers are connected; does not wait.
    ///
    /// - Parameters:
    ///   - subject: Not looked at.
    ///   - count: How many.
    ///   - timeout: Not looked at.
    /// - Returns: Whether ``statistics`` have as many peers.
    public func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) -> Bool {
        count <= statistics.peers
    }

    /// Ends the events, as a bus that is closed does.
    public func end() {
        hub.finish()
    }
}
