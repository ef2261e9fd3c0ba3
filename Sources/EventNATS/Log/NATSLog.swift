public import EventCore
import EventTransport
import LinkRuntime

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A log of envelopes that NATS servers keep, over JetStream: what `append` has returned for is there, once, and can be read
/// again.
///
/// It is no bus and has a connection of its own. What is appended also reaches the subscriptions of a ``NATSBus`` of the same
/// namespace, at most once, and what buses of the namespace publish on the subjects of the log is kept as well, without an
/// acknowledgement. <doc:KeepALog> says what the servers promise and what they do not.
///
/// All calls may be made from anywhere, at the same time. While no server is there they wait, for
/// ``NATSLogConfiguration/timeout`` at most.
public final class NATSLog: Sendable {
    /// Which subjects the log takes.
    public let subjects: [Pattern]
    let session: LogSession
    private let finished: Completion
    private let limitOfClose: Duration

    /// Opens a log: connects, and makes or checks the stream that holds it.
    ///
    /// - Parameter configuration: Which log, where it is, and how it is kept.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a value out of range, a malformed address, a secret
    ///   that cannot be read, and a stream that is there and differs, with both values;
    ///   ``/EventCore/EventError/transport(_:)`` when no server takes it, or in the words of one that refuses it;
    ///   `CancellationError`, at once.
    public init(configuration: NATSLogConfiguration) async throws {
        try configuration.validate()
        let namespace = try Namespace(configuration.namespace)
        let options = try configuration.connection
        let session = LogSession(configuration, namespace)
        let finished = Completion()
        do {
            try await LogLoop(session, options).open(finished)
            let info = try await session.openStream(configuration)
            subjects = namespace.patterns(of: info)
        } catch {
            session.close()
            throw error
        }
        (self.session, self.finished) = (session, finished)
        // What the last calls of libnats may take: to write, to flush, and to close.
        limitOfClose = options.timeout * 3 + .seconds(1)
    }

    deinit { session.close() }

    // MARK: Appending

    /// Appends an envelope, and returns when the servers have it: with three replicas, when two of them do.
    ///
    /// An envelope whose id the servers have seen within ``NATSLogConfiguration/duplicateWindow`` is not kept again. So a call
    /// that has failed or was cancelled, of which nobody knows whether the envelope is there, can be repeated with the same
    /// envelope; whose id does not change. Calls of one task, one after the
    /// other, are kept in that order; between calls that are under way at the same time there is none.
    ///
    /// - Parameter envelope: The envelope; an id, a time and a trace that it lacks are filled in.
    /// - Returns: Where it is.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError`; ``/EventCore/EventError/invalidSubject(_:)`` for a
    ///   subject that the log does not take; ``/EventCore/EventError/malformedEnvelope(_:)`` when the time lies outside the
    ///   years 0000 to 9999, or the envelope is too large for the servers; ``/EventCore/EventError/transport(_:)`` when nobody
    ///   answers in time, or in the words of the server that refuses it.
    @discardableResult
    public func append(_ envelope: Envelope) async throws -> NATSLogPosition {
        let envelope = envelope.filledForPublishing()
        let subject = envelope.subject
        guard subjects.contains(where: { $0.matches(subject) }) else {
            throw EventError.invalidSubject("\(subject): the log \(session.stream) takes no such subject")
        }
        let request = try LogWire.request(for: envelope, in: session.namespace)
        let (size, limit) = (LogWire.size(of: request), session.limitOfPayload)
        guard size <= limit else {
            throw EventError.malformedEnvelope("\(subject): \(size) bytes exceed the server's max_payload of \(limit)")
        }
        do {
            let answer = try await session.call(request, to: "append \(subject)", as: StreamAPI.Acknowledgement.self)
            return NATSLogPosition(sequence: answer.seq, isDuplicate: answer.duplicate ?? false)
        } catch EventError.transport(let failure) where failure.code == Int32(StreamAPI.Fault.messageTooLarge) {
            throw EventError.malformedEnvelope("\(subject): \(failure.reason)")
        }
    }

    // MARK: Reading

    /// Reads what the log has, and goes on with what is appended.
    ///
    /// Nothing is left out and nothing comes twice, whatever happens to the connection, except what the log has let go of
    /// meanwhile. The servers send only so much ahead of a reader that is slow.
    ///
    /// - Parameters:
    ///   - pattern: Which envelopes.
    ///   - start: Where to begin.
    /// - Returns: The entries, for one reader.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a start in the future, by the clock here;
    ///   ``/EventCore/EventError/busClosed``; `CancellationError`; ``/EventCore/EventError/transport(_:)`` when nobody
    ///   answers in time, or in the words of the server that refuses it, as one does for a work queue.
    public func replay(of pattern: Pattern = ">", from start: NATSLogStart = .beginning) async throws -> NATSLogReplay {
        try start.validate()
        let reader = ReplayReader(session, pattern: pattern, start: start)
        try await reader.open()
        return NATSLogReplay(reader, log: self)
    }

    // MARK: Looking

    /// Asks the servers how the log is.
    ///
    /// - Returns: What they say.
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError`; ``/EventCore/EventError/transport(_:)`` when nobody
    ///   answers in time, or in the words of a server that refuses it.
    public var info: NATSLogInfo {
        get async throws {
            let info = try await session.streamInfo()
            return NATSLogInfo(info, subjects: session.namespace.patterns(of: info))
        }
    }

    // MARK: Closing

    /// Closes the log; what waits throws ``/EventCore/EventError/busClosed``, and replays end.
    ///
    /// Returns within four seconds, whatever state the server is in; with one that answers, at once. Of an `append` that is under
    /// way nobody knows whether the envelope is kept.
    public func close() async {
        session.close()
        await finished.wait(atMost: limitOfClose)
    }
}
