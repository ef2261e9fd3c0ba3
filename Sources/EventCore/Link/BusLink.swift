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
}

extension Bus {
    /// What connects this bus with others; `nil` unless a transport or a wrapper says otherwise.
    public var link: (any BusLink)? { nil }
}
