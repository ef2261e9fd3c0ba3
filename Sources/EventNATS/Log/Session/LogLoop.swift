import CNATS
import EventCore
import LinkRuntime
import Logging

/// What the thread of a log does: it owns the connection and makes every call of libnats that may wait.
final class LogLoop: ConnectionObserver, ConnectionLoop {
    /// What the thread holds while it runs.
    private struct Holdings: ~Copyable {
        var connection: NATSConnection?
        /// Whether there is a server, so that waiting for it makes sense.
        var isUp = false
        var subscriptions: [[UInt8]: (group: [UInt8]?, receiver: any MessageReceiver)] = [:]
        var nextAttempt = ContinuousClock.now
        var wait = LogLoop.firstWait
        var nextTick = ContinuousClock.now
    }

    /// How an attempt to open has ended, when it has.
    private final class Opening: Sendable {
        let outcome = Lock<Result<Void, EventError>?>(nil)
    }

    private static let firstWait = Duration.milliseconds(100)
    private static let lastWait = Duration.seconds(5)
    private static let tick = Duration.milliseconds(250)

    private let session: LogSession
    private let options: NATSConnectionOptions

    init(_ session: LogSession, _ options: NATSConnectionOptions) {
        (self.session, self.options) = (session, options)
    }

    /// Starts the thread, and waits until it is connected.
    ///
    /// - Parameter finished: Completed when the thread ends.
    /// - Throws: As ``start(_:)`` does; `CancellationError`, at once: the thread ends when its attempt to connect has.
    func open(_ finished: Completion) async throws {
        let opening = Opening()
        let isOver = Completion()
        Task.detached {
            do throws(EventError) {
                try await self.start(finished)
                opening.outcome.withLock { $0 = .success(()) }
            } catch {
                opening.outcome.withLock { $0 = .failure(error) }
            }
            isOver.complete()
        }
        _ = await withTaskCancellationHandler {
            await isOver.wait(atMost: .seconds(100_000_000))
        } onCancel: {
            isOver.complete()
        }
        guard let outcome = opening.outcome.withLock({ $0 }) else { throw CancellationError() }
        try outcome.get()
    }

    /// On a thread of libnats.
    func connection(_ event: ConnectionEvent) { session.happened(event) }

    /// Runs until the log is closed.
    ///
    /// - Parameter opened: Called once, with how the first attempt to connect has ended.
    func run(_ opened: (Result<Void, EventError>) -> Void) {
        var holdings = Holdings()
        do throws(EventError) {
            try connect(&holdings)
            opened(.success(()))
        } catch {
            return opened(.failure(error))
        }
        while session.isRunning { turn(&holdings) }
        // What is given back to other readers.
        carryOut(session.takeWork(), &holdings)
        guard holdings.isUp else { return }
        holdings.connection?.unsubscribeFromAll()
        _ = holdings.connection?.flush()
    }

    // MARK: The connection

    private func connect(_ holdings: inout Holdings) throws(EventError) {
        var connection = try NATSConnection(options, observer: self)
        let answers = session.namespace.answers(to: session.id)
        try connection.subscribe(to: answers, limit: -1, receiver: AnswerInlet(session))
        for (wire, subscription) in holdings.subscriptions {
            try connection.subscribe(to: wire, group: subscription.group, limit: -1, receiver: subscription.receiver)
        }
        let hasFlushed = connection.flush()
        let fault = connection.lastError
        guard hasFlushed, !fault.hasPrefix(Permissions.ofSubscription) else {
            let reason = fault.isEmpty ? "the server does not answer" : fault
            throw .transport(TransportFailure(operation: "connect \(connection.endpoint)", reason: reason))
        }
        session.limitOfPayload = connection.maximumPayload
        holdings.connection = consume connection
        holdings.isUp = true
        holdings.wait = Self.firstWait
    }

    private func read(_ events: [ConnectionEvent], _ holdings: inout Holdings) {
        for event in events {
            switch event {
            case .disconnected:
                holdings.isUp = false
                session.logger?.notice("the connection of the log is gone")
            case .reconnected:
                holdings.isUp = true
                session.limitOfPayload = holdings.connection?.maximumPayload ?? session.limitOfPayload
                session.reconnected()
            case .closed:
                holdings.isUp = false
                holdings.connection = nil
                holdings.nextAttempt = .now + holdings.wait
            case .serverStops: session.logger?.notice("the server of the log is going to stop")
            case .failed(let words):
                session.logger?.warning("\(words)")
                guard words.hasPrefix(Permissions.ofPublish) else { break }
                let quoted = words.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
                if quoted.count > 2 { session.forbidden(quoted[1], words) }
            }
        }
    }

    /// Makes a connection anew that libnats has given up, as it does when a server refuses it twice.
    private func reconnect(_ holdings: inout Holdings) {
        guard holdings.connection == nil, ContinuousClock.now >= holdings.nextAttempt else { return }
        do throws(EventError) {
            try connect(&holdings)
            session.reconnected()
        } catch {
            session.logger?.warning("\(error)")
            holdings.wait = min(holdings.wait * 2, Self.lastWait)
            holdings.nextAttempt = .now + holdings.wait
        }
    }

    // MARK: A turn

    private func turn(_ holdings: inout Holdings) {
        reconnect(&holdings)
        let work = session.takeWork()
        read(work.events, &holdings)
        carryOut(work, &holdings)
        let now = ContinuousClock.now
        if now >= holdings.nextTick {
            for reader in session.readers { reader.tick(now: now) }
            holdings.nextTick = now + Self.tick
        }
        session.waitForWork(
            until: holdings.connection == nil ? min(holdings.nextTick, holdings.nextAttempt) : holdings.nextTick
        )
    }

    private func carryOut(_ work: LogSession.Work, _ holdings: inout Holdings) {
        guard !work.commands.isEmpty || !work.sendings.isEmpty else { return }
        for command in work.commands {
            switch command {
            case .send(let wire, let reply, let body):
                _ = body.withSpan { holdings.connection?.publish(wire, reply: reply, $0) }
            case .subscribe(let wire, let group, let receiver):
                holdings.subscriptions[wire] = (group, receiver)
                do throws(EventError) {
                    try holdings.connection?.subscribe(to: wire, group: group, limit: -1, receiver: receiver)
                } catch {
                    session.logger?.warning("\(error)")
                }
            case .unsubscribe(let wire):
                guard holdings.subscriptions.removeValue(forKey: wire) != nil else { break }
                holdings.connection?.unsubscribe(from: wire)
            }
        }
        for sending in work.sendings { send(sending.number, sending.request, &holdings) }
        if holdings.isUp { _ = holdings.connection?.flush() }
    }

    private func send(_ number: UInt64, _ request: LogRequest, _ holdings: inout Holdings) {
        let reply = session.namespace.answer(number, to: session.id)
        let status = request.body.withSpan {
            holdings.connection?.publish(request.wire, reply: reply, headers: request.headers, $0)
        }
        switch status {
        case NATS_OK?, nil, NATS_INSUFFICIENT_BUFFER?, NATS_CONNECTION_DISCONNECTED?, NATS_CONNECTION_CLOSED?,
            NATS_IO_ERROR?,
            NATS_TIMEOUT?:
            // It is sent again when there is a server, or no answer comes.
            break
        case let status?: session.refused(number, NATSResult.reason(status))
        }
    }
}

/// Gets the answers; the last part of their subject is the number of the question.
private final class AnswerInlet: MessageReceiver {
    private let session: LogSession

    init(_ session: LogSession) {
        self.session = session
    }

    func received(_ message: borrowing NATSMessage) {
        let number = message.withSubject { wire -> UInt64? in
            let digits = wire.text(in: 0..<wire.count).split(separator: ".").last ?? ""
            return UInt64(digits)
        }
        guard let number else { return }
        if message.saysNobodyListens {
            session.unheard(number)
        } else {
            session.answered(number, message.data)
        }
    }
}
