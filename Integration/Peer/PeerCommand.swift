/// What a process of the integration tests is told to do; one line of JSON on its standard input.
///
/// It does one after the other and answers each with one ``PeerReport``.
package enum PeerCommand: Codable, Sendable {
    /// Subscribe to patterns and check the numbers of what arrives, spending some time on the bus's own thread for
    /// each envelope.
    case subscribe(patterns: [String], microsecondsEach: Int)
    /// Subscribe to a pattern and never read.
    case neglect(pattern: String)
    /// Wait until so many buses subscribe to a subject.
    case awaitSubscribers(subject: String, count: Int)
    /// Publish each number on each subject, number by number.
    case publish(subjects: [String], numbers: ClosedRange<Int>)
    /// Wait until every one of these subscriptions has received a number at least as great from so many publishers.
    case awaitNumber(Int, publishers: Int, patterns: [String])
    /// Wait until something has happened to the links so often.
    case awaitEvent(PeerEvent, count: Int)
    /// Tell what the bus has counted.
    case statistics
    /// Make publishers wait for room in a local subscription.
    case park(subject: String, publishers: Int)
    /// Close the bus, and tell how long that took.
    case close
    /// Open, use and close pairs of buses at an address, and tell what is open before and after.
    case cycle(count: Int, address: String)
}

/// What can happen to the links of a bus.
package enum PeerEvent: String, Codable, Sendable {
    case disconnected, subscriberJoined, subscriberLeft
}
