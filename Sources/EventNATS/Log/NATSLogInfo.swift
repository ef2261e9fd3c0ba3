public import EventCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What the servers say of a log.
public struct NATSLogInfo: Sendable, Hashable {
    /// What they call it.
    public let stream: String
    /// Which subjects it takes, without the namespace; those of other namespaces are left out.
    public let subjects: [Pattern]
    /// Where it is kept: `file` or `memory`.
    public let storage: String
    /// What goes by itself: `limits`, `interest` or `workqueue`.
    public let retention: String
    /// How many servers have a copy.
    public let replicas: Int
    /// The server that takes what is appended; `nil` where there is but one.
    public let leader: String?
    /// How many envelopes are there.
    public let count: UInt64
    /// How many bytes they have, with what the servers need for each.
    public let bytes: UInt64
    /// The number of the oldest; of an empty log the next that there will be, or 0 when there never was one.
    public let firstSequence: UInt64
    /// The number of the newest, also when it is not there any more; 0 when there never was one.
    public let lastSequence: UInt64
    /// When the oldest and the newest were taken; `nil` when the log is empty.
    public let firstTime, lastTime: Date?
    /// How many consumers there are, replays among them.
    public let consumers: Int
}

/// What the servers say of a durable consumer.
public struct NATSLogConsumerInfo: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// What it gets.
    public let pattern: Pattern
    /// How many envelopes it has not been sent.
    public let pending: UInt64
    /// How many were sent and are not acknowledged.
    public let unacknowledged: Int
    /// How many of those were sent more than once.
    public let redelivered: Int
    /// Up to which number everything is acknowledged.
    public let acknowledgedSequence: UInt64
}
