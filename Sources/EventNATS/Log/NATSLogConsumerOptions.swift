import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How the servers treat a durable consumer of a ``NATSLog``, and how one reader of it asks.
public struct NATSLogConsumerOptions: Sendable, Hashable {
    /// Where it begins when it is made; one that is there goes on where it is.
    ///
    /// A time lies in the past.
    public var start = NATSLogStart.beginning
    /// How many envelopes may be sent and not acknowledged, over all readers of the consumer, 1 to 65536.
    public var maximumUnacknowledged = 1000
    /// How long an acknowledgement may take before the envelope is sent again, 100 ms and more.
    public var acknowledgementWait = Duration.seconds(30)
    /// How many times an envelope is sent at most, 1 and more, before it is passed over; `nil` for as many as it takes.
    public var maximumDeliveries: Int?
    /// How many envelopes may be at this reader and not taken out, 1 to 65536.
    ///
    /// With 1, each is sent once `next()` waits for it. More makes reading faster, and what a reader that ends has not taken out
    /// counts as sent for ``maximumDeliveries``; it needs an ``acknowledgementWait`` of 2 s or more, since what waits
    /// here is kept alive at the servers. `nil` stands for 1 where ``maximumDeliveries`` is set or ``acknowledgementWait``
    /// is shorter, and for 256 otherwise. It is of this reader alone: others of the same consumer may have another one.
    public var readAhead: Int?
    /// How many will be taken out; no more are sent ahead.
    package var expected: Int?

    private static let defaultReadAhead = 256
    /// What is shorter may be over before the servers are told that an envelope waits here.
    private static let leastWaitOfReadAhead = Duration.seconds(2)

    /// Creates options with the defaults.
    ///
    /// - Parameter start: Where a new consumer begins.
    public init(start: NATSLogStart = .beginning) {
        self.start = start
    }

    /// ``readAhead``, or what stands for it.
    var effectiveReadAhead: Int {
        let isSafe = maximumDeliveries == nil && acknowledgementWait >= Self.leastWaitOfReadAhead
        return min(readAhead ?? (isSafe ? Self.defaultReadAhead : 1), maximumUnacknowledged)
    }

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the property.
    func validate() throws(EventError) {
        guard (1...65_536).contains(maximumUnacknowledged), (1...65_536).contains(readAhead ?? 1) else {
            throw .invalidConfiguration("maximumUnacknowledged and readAhead must be from 1 to 65536")
        }
        guard acknowledgementWait >= .milliseconds(100), maximumDeliveries ?? 1 > 0 else {
            throw .invalidConfiguration("acknowledgementWait must be at least 100 ms, and maximumDeliveries 1")
        }
        guard readAhead ?? 1 == 1 || acknowledgementWait >= Self.leastWaitOfReadAhead else {
            throw .invalidConfiguration("readAhead above 1 needs an acknowledgementWait of at least 2 s")
        }
    }
}

extension NATSLogStart {
    /// Refuses a time that is still to come, for which servers would begin anywhere.
    func validate() throws(EventError) {
        guard case .time(let date) = self, date > Date() else { return }
        throw .invalidConfiguration("the start must not lie in the future")
    }
}
