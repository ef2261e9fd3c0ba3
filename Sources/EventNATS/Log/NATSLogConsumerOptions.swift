import EventCore

/// How the servers treat a durable consumer of a ``NATSLog``.
public struct NATSLogConsumerOptions: Sendable, Hashable {
    /// Where it begins when it is made; one that is there goes on where it is.
    public var start = NATSLogStart.beginning
    /// How many envelopes may be sent and not acknowledged, over all readers of the consumer, 1 to 65536.
    public var maximumUnacknowledged = 1000
    /// How long an acknowledgement may take before the envelope is sent again, 100 ms and more.
    public var acknowledgementWait = Duration.seconds(30)
    /// How many times an envelope is sent at most, 1 and more, before it is passed over; `nil` for as many as it takes.
    public var maximumDeliveries: Int?

    /// Creates options with the defaults.
    ///
    /// - Parameter start: Where a new consumer begins.
    public init(start: NATSLogStart = .beginning) {
        self.start = start
    }

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the property.
    func validate() throws(EventError) {
        guard (1...65_536).contains(maximumUnacknowledged) else {
            throw .invalidConfiguration("maximumUnacknowledged must be from 1 to 65536")
        }
        guard acknowledgementWait >= .milliseconds(100), maximumDeliveries ?? 1 > 0 else {
            throw .invalidConfiguration("acknowledgementWait must be at least 100 ms, and maximumDeliveries 1")
        }
    }
}
