/// The decisions of a replay: whether what comes is the next, and when the server has to be asked anew.
///
/// The consumer that the server makes for it acknowledges nothing and repeats nothing; it counts what it sends. When a number
/// is missing, or the server says that it has sent more than has come, or says nothing for too long, or there was another
/// connection, a new consumer goes on behind the last envelope that came. Each has a number of its own here, so that what an
/// earlier one sends late is not mistaken for the next.
struct ReplayStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do with a message.
    enum Arrival: Equatable {
        case deliver
        /// It has come already, or from an earlier consumer.
        case ignore
        /// One is missing before it.
        case restart
    }

    /// How often the server says that it is there, and how long it may say nothing.
    static let heartbeat = Duration.seconds(1)
    static let patience = Duration.seconds(5)

    private(set) var consumer: UInt64 = 0
    private let start: NATSLogStart
    /// Up to which number of the log everything has come; `nil` before there was anything.
    private(set) var lastSequence: UInt64?
    private var lastNumber: UInt64 = 0
    private var lastHeard: Instant?
    /// Whether a consumer is being made.
    private(set) var isStarting = false

    init(from start: NATSLogStart) {
        self.start = start
    }

    /// Begins to make a consumer.
    ///
    /// - Returns: Where it has to begin.
    mutating func begin(_ consumer: UInt64) -> NATSLogStart {
        (self.consumer, lastNumber, lastHeard, isStarting) = (consumer, 0, nil, true)
        return lastSequence.map { .sequence($0 + 1) } ?? start
    }

    /// The consumer is there.
    ///
    /// - Parameters:
    ///   - delivered: What it takes for sent, which is all that is there where only the new is wanted.
    ///   - now: The time.
    mutating func began(delivered: UInt64, now: Instant) {
        isStarting = false
        lastHeard = now
        if start == .end, lastSequence == nil { lastSequence = delivered }
    }

    mutating func arrived(_ mark: DeliveryMark, from consumer: UInt64, now: Instant) -> Arrival {
        guard consumer == self.consumer else { return .ignore }
        lastHeard = now
        guard mark.consumerSequence == lastNumber + 1 else {
            return mark.consumerSequence <= lastNumber ? .ignore : .restart
        }
        lastNumber += 1
        if let lastSequence, mark.streamSequence <= lastSequence { return .ignore }
        lastSequence = mark.streamSequence
        return .deliver
    }

    /// The server says that it is there, and how much it has sent.
    ///
    /// - Returns: Whether a new consumer is needed.
    mutating func heard(sent: UInt64?, from consumer: UInt64, now: Instant) -> Bool {
        guard consumer == self.consumer else { return false }
        lastHeard = now
        return sent ?? lastNumber > lastNumber
    }

    /// - Returns: Whether a new consumer is needed.
    func isSilent(now: Instant) -> Bool {
        guard !isStarting, let lastHeard else { return false }
        return now - lastHeard > Self.patience
    }
}
