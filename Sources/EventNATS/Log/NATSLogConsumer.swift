public import EventCore

/// What a durable consumer of a log is sent here, each to be acknowledged.
///
/// A reader asks for what it is sent: up to ``NATSLogConsumerOptions/readAhead`` envelopes may be here and not taken out. What
/// waits here is kept alive at the servers, so that it is not sent again meanwhile, and goes back to them when `next()` is not
/// called for ten times ``NATSLogConsumerOptions/acknowledgementWait``.
///
/// The servers keep how far a consumer is, so it goes on after a restart of its readers or of the servers. Any number of processes
/// may read under one name, and each envelope goes to one of them, at least once: what is not acknowledged in time is sent
/// again. Only so many may be unacknowledged, over all of them. It ends when the log is closed and when the task that reads
/// is cancelled; what has come and was not taken out then goes back to the servers, for
/// which it counts as sent.
public final class NATSLogConsumer: AsyncSequence, Sendable {
    /// What it is made of.
    public typealias Element = NATSLogDelivery

    /// Its name.
    public let name: String
    private let reader: ConsumerReader
    /// It stays open while it is read.
    private let log: NATSLog

    fileprivate init(_ name: String, _ reader: ConsumerReader, log: NATSLog) {
        (self.name, self.reader, self.log) = (name, reader, log)
    }

    deinit { reader.close() }

    /// The next delivery, once there is one.
    ///
    /// - Returns: The delivery; `nil` when the log is closed or the task is cancelled.
    /// - Throws: ``/EventCore/EventError/transport(_:)`` when the consumer is not there any more.
    public func next() async throws(EventError) -> NATSLogDelivery? { try await reader.next() }

    /// Ends the reading here; the consumer stays at the servers.
    public func close() { reader.close() }

    /// Reads from it.
    ///
    /// - Returns: An iterator, which takes deliveries out.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(consumer: self) }

    /// Takes deliveries out of a consumer.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let consumer: NATSLogConsumer

        /// The next delivery, once there is one.
        ///
        /// - Returns: The delivery; `nil` when the log is closed or the task is cancelled.
        /// - Throws: ``/EventCore/EventError/transport(_:)`` when the consumer is not there any more.
        public mutating func next() async throws(EventError) -> NATSLogDelivery? { try await consumer.next() }

        /// The same; there is no actor that it would return to.
        ///
        /// - Parameter actor: Whoever reads.
        /// - Returns: The delivery; `nil` when the log is closed or the task is cancelled.
        /// - Throws: ``/EventCore/EventError/transport(_:)`` when the consumer is not there any more.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(EventError) -> NATSLogDelivery? {
            try await consumer.next()
        }
    }
}

extension NATSLog {
    /// Reads as a durable consumer, which the servers keep; it is made when it is missing.
    ///
    /// - Parameters:
    ///   - name: What it is called: letters, digits, `-` and `_`, up to 64 of them.
    ///   - pattern: Which envelopes.
    ///   - options: How the servers treat it.
    /// - Returns: The deliveries that come here.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a value out of range, a start in the future by the clock
    ///   here, and for a consumer that is there and differs, with both values; ``/EventCore/EventError/busClosed``; `CancellationError`;
    ///   ``/EventCore/EventError/transport(_:)`` when nobody answers in time, or in the words of the server that refuses it.
    public func consume(
        name: String,
        of pattern: Pattern = ">",
        options: NATSLogConsumerOptions = NATSLogConsumerOptions()
    ) async throws -> NATSLogConsumer {
        try NATSLogConfiguration.check(name: name, of: "consumer")
        try options.validate()
        try options.start.validate()
        let reader = ConsumerReader(session, name: name, options)
        try await reader.open(pattern, options)
        return NATSLogConsumer(name, reader, log: self)
    }

    /// Asks the servers how a durable consumer is.
    ///
    /// - Parameter name: Its name.
    /// - Returns: What they say.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for what is no name;
    ///   ``/EventCore/EventError/transport(_:)`` when there is none, or nobody answers in time;
    ///   ``/EventCore/EventError/busClosed``; `CancellationError`.
    public func info(ofConsumer name: String) async throws -> NATSLogConsumerInfo {
        try NATSLogConfiguration.check(name: name, of: "consumer")
        let info = try await session.consumerInfo(name)
        return NATSLogConsumerInfo(
            name: name,
            pattern: session.namespace.pattern(of: info.config.filter),
            pending: info.pending,
            unacknowledged: info.unacknowledged,
            redelivered: info.redelivered,
            acknowledgedSequence: info.acknowledged.streamSequence
        )
    }

    /// Deletes a durable consumer; those who read under its name end with an error, within seconds.
    ///
    /// - Parameter name: Its name.
    /// - Throws: As ``info(ofConsumer:)`` does.
    public func deleteConsumer(_ name: String) async throws {
        try NATSLogConfiguration.check(name: name, of: "consumer")
        try await session.deleteConsumer(name)
    }
}
