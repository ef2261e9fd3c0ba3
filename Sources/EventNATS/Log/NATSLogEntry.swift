public import EventCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Where an envelope that was appended is in its log.
public struct NATSLogPosition: Sendable, Hashable {
    /// Its number in the log, from 1; it grows with every envelope that is kept.
    public let sequence: UInt64
    /// Whether the log had an envelope of this id already, at this place, and has kept no second one.
    public let isDuplicate: Bool
}

/// Where a replay begins.
public enum NATSLogStart: Sendable, Hashable {
    /// With the oldest envelope that is kept.
    case beginning
    /// With the envelope of this number, or the next one that is kept.
    case sequence(UInt64)
    /// With the first envelope that was kept then or later, by the clock of the servers; it must not lie in the future.
    case time(Date)
    /// With what is appended from now on.
    case end
}

/// An envelope in a log.
public struct NATSLogEntry: Sendable, Hashable {
    /// The envelope, as it was appended.
    ///
    /// A message that a plain client has sent has its body as the payload, and an id and a time that the log gives it: the
    /// same ones whenever it is read.
    public let envelope: Envelope
    /// Its number in the log.
    public let sequence: UInt64
    /// When the servers took it, by their clock.
    public let time: Date
    /// How many matching envelopes were behind it when it was sent; with 0 the reader has caught up.
    ///
    /// A replay takes those off that follow it at once and are no envelopes.
    public internal(set) var remaining: UInt64
}
