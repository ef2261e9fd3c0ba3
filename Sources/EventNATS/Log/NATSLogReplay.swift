public import EventCore

/// What a log has from some place on, and then what is appended, in the order of the log.
///
/// It ends when the log is closed, and when the task that reads is cancelled; letting go of it ends it at the servers as
/// well. Iterating throws ``/EventCore/EventError/transport(_:)`` when the stream is not there any more, also when another
/// one of its name has been made since. It is read once:
/// several tasks that read share the entries.
public final class NATSLogReplay: AsyncSequence, Sendable {
    /// What it is made of.
    public typealias Element = NATSLogEntry

    private let reader: ReplayReader
    /// It stays open while it is read.
    private let log: NATSLog

    init(_ reader: ReplayReader, log: NATSLog) {
        (self.reader, self.log) = (reader, log)
    }

    deinit { reader.close() }

    /// How many envelopes there were for it when it began; with 0 it waits for the first.
    public var initialCount: UInt64 { reader.initialCount }

    /// The next entry, once there is one.
    ///
    /// - Returns: The entry; `nil` when the log is closed or the task is cancelled.
    /// - Throws: ``/EventCore/EventError/transport(_:)`` when the servers cannot go on.
    public func next() async throws(EventError) -> NATSLogEntry? { try await reader.next() }

    /// The next entry of those that are there.
    ///
    /// - Returns: The entry; `nil` also when there is none any more, but what is appended from now on.
    package func nextThere() async throws(EventError) -> NATSLogEntry? { try await reader.next(untilCaughtUp: true) }

    /// Ends it.
    public func close() { reader.close() }

    /// Reads from it.
    ///
    /// - Returns: An iterator, which takes entries out.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(replay: self) }

    /// Takes entries out of a replay.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let replay: NATSLogReplay

        /// The next entry, once there is one.
        ///
        /// - Returns: The entry; `nil` when the log is closed or the task is cancelled.
        /// - Throws: ``/EventCore/EventError/transport(_:)`` when the servers cannot go on.
        public mutating func next() async throws(EventError) -> NATSLogEntry? { try await replay.next() }

        /// The same; there is no actor that it would return to.
        ///
        /// - Parameter actor: Whoever reads.
        /// - Returns: The entry; `nil` when the log is closed or the task is cancelled.
        /// - Throws: ``/EventCore/EventError/transport(_:)`` when the servers cannot go on.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(EventError) -> NATSLogEntry? {
            try await replay.next()
        }
    }
}
