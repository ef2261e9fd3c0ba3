/// What connects a bus with others, told in the same terms by every transport.
///
/// A bus within one process has none: ``Bus/link`` is `nil` there. A bus that wraps another one answers with the other's
/// link, so that wrapping hides nothing. All requirements may be used from any task, concurrently.
public protocol BusLink: Sendable {
    /// Waits until subscribers elsewhere are ready for what is published on a subject.
    ///
    /// A bus counts as one subscriber, however many subscriptions and connections it has, and only once what it has
    /// asked for is in effect here: what is published after this returned `true` is sent to it.
    ///
    /// - Parameters:
    ///   - subject: What is going to be published on.
    ///   - count: How many subscribers to wait for; with 0 or less there is nothing to wait for.
    ///   - timeout: How long to wait at most.
    /// - Returns: Whether there were so many in time.
    /// - Throws: ``EventError/busClosed``; `CancellationError` when the task is cancelled; what a transport documents.
    func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async throws -> Bool

    /// What has been sent, received and lost since the bus was opened, and who is connected now.
    var statistics: LinkStatistics { get }

    /// What happens to the link, as it happens.
    var events: LinkEvents { get }

    /// The buses that are connected now: one for each connection, in no particular order.
    ///
    /// Programs that are no buses are not among them. A transport that does not know leaves it empty, as it is unless it
    /// says otherwise.
    var peers: [LinkPeer] { get }

    /// What a bus has proved to be that is or was connected a short while ago.
    ///
    /// - Parameter origin: The id of the bus, such as the ``Envelope/origin`` of an envelope.
    /// - Returns: The name that people gave it; `nil` when it has proved nothing, or is not known.
    func peerName(of origin: String) -> String?
}

extension BusLink {
    /// Nobody, as far as is known.
    public var peers: [LinkPeer] { [] }

    /// The name of the peer with this id that is connected now.
    ///
    /// - Parameter origin: The id of the bus.
    /// - Returns: Its name, if it has one.
    public func peerName(of origin: String) -> String? {
        peers.first { $0.id == origin && $0.name != nil }?.name
    }
}

extension Bus {
    /// What connects this bus with others; `nil` unless a transport or a wrapper says otherwise.
    public var link: (any BusLink)? { nil }
}
