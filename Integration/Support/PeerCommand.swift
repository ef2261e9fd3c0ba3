package import EventCore

/// What a process of the integration tests or the reports is told to do; one line of JSON on its standard input.
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
    /// Subscribe to patterns, and keep books of what arrives.
    case collect(patterns: [String], Collecting)
    /// Close the subscription to a pattern that is collected; what it has counted stays in the books.
    case release(pattern: String)
    /// Open and close subscriptions again and again, each for itself, and keep books of what arrives meanwhile.
    case churn(patterns: [String], openMilliseconds: Int, cycles: Int)
    /// Publish envelopes with consecutive numbers.
    case burst(Burst)
    /// Answer requests on a subject.
    case respond(subject: String)
    /// Ask so often, one request after the other, while a burst is published.
    case ask(subject: String, count: Int, beside: Burst)
    /// Tell what the bus and its readers have counted, these in the subscriptions to some patterns.
    case books(patterns: [String]?)
    /// Open, use and close pairs of buses at an address, and tell what is open before and after.
    case cycle(count: Int, address: String)
    /// Open buses until descriptors run out, under limits from the lower to the upper.
    case openShort(lower: Int, upper: Int, address: String)
    /// Become a user of one's own, and open buses with so many threads to spare, from the lower to the upper.
    case openThreadless(lower: Int, upper: Int)
    /// Restart a connection while so many descriptors are left.
    case restartShort(lower: Int, upper: Int, address: String)
    /// Let the process have so many descriptors at most.
    case limitDescriptors(Int)
    /// Exchange numbered envelopes with the process of a name, until it is told to stop.
    case exchange(with: String)
    /// Publish nothing more of that.
    case stopExchange
    /// Tell how the exchange goes.
    case exchanged
    /// Wait in the background for so many subscribers of a subject, and for as long.
    case anticipate(subject: String, count: Int, milliseconds: Int)
}

/// What can happen to the links of a bus.
package enum PeerEvent: String, Codable, Sendable {
    case connected, disconnected, refused, subscriberJoined, subscriberLeft, lost
}

/// How a subscription is read.
package struct Collecting: Codable, Sendable {
    /// Ample, so that what is missing was lost on the way.
    package static let ample = Collecting()

    package var capacity = 1 << 20
    package var backpressure = BackpressurePolicy.dropNewest
    /// What the predicate spends on each envelope.
    package var predicateMicroseconds = 0
    /// What the reader spends on each envelope.
    package var readerMicroseconds = 0

    package init() {}
}

/// So many envelopes, each with the next number of the process.
package struct Burst: Codable, Sendable {
    package var prefix: String
    /// How many subjects come in turn: the prefix when it is one, and otherwise the prefix, a dot and a number.
    package var subjects: Int
    package var count: Int
    /// How many are published in a millisecond at most; `nil` means as many as possible.
    package var perMillisecond: Int?

    package init(_ count: Int, on prefix: String, subjects: Int = 1, perMillisecond: Int? = nil) {
        (self.count, self.prefix, self.subjects, self.perMillisecond) = (count, prefix, subjects, perMillisecond)
    }
}
