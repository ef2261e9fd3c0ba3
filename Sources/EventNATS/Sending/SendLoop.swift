import CNATS
import EventCore
import LinkRuntime
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the send thread of a bus does: it owns the connection and makes every call of libnats that may wait.
///
/// It sends what there is, up to some hundred envelopes, and then waits until the server has worked through that: a lone
/// envelope leaves at once, and under load the next batch gathers meanwhile.
final class SendLoop: ConnectionLoop {
    private static let batchCount = 256
    private static let batchBytes = 1 << 20
    /// What goes in one message of the compact form.
    private static let longestRun = 64
    private static let bytesOfRun = 16 << 10
    /// How long to wait before a connection is made anew that libnats has given up, at first and at most.
    private static let firstWait = Duration.milliseconds(100)
    private static let lastWait = Duration.seconds(5)
    private static let lookInterval = Duration.milliseconds(250)

    private let exchange: Exchange
    private let options: NATSConnectionOptions
    private let linger: Duration
    private let leftGroups: Completion
    private let news: ConnectionNews

    /// Creates what a thread does.
    ///
    /// - Parameters:
    ///   - exchange: What it serves.
    ///   - options: How to connect.
    ///   - linger: How long what was published is sent after the end.
    ///   - leftGroups: Completed when the bus is closed and servers choose no member of it any more.
    init(_ exchange: Exchange, options: NATSConnectionOptions, linger: Duration, leftGroups: Completion) {
        (self.exchange, self.options, self.linger, self.leftGroups) = (exchange, options, linger, leftGroups)
        news = ConnectionNews(wake: exchange.wake)
    }

    // MARK: The connection

    /// What the thread holds while it runs.
    private struct Session: ~Copyable {
        var connection: NATSConnection?
        var isUp = false
        /// Whether a flush was in vain, so that nothing is sent until one is answered.
        var isStuck = false
        /// The server that it is connected to, or was last.
        var server = ""
        var address: ServerAddress?
        var groups: GroupConnection
        var inlets: [Pattern: Receiver.Inlet] = [:]
        /// Patterns that the server was asked for and has not confirmed.
        var asked: [Pattern] = []
        var items: ArraySlice<SendQueue.Item> = []
        /// Where headers are written.
        var header: [UInt8] = []
        var nextAttempt = ContinuousClock.now
        var nextLook = ContinuousClock.now
        var wait = SendLoop.firstWait
    }

    /// Runs until the bus is closed.
    ///
    /// - Parameter opened: Called once, with how the first attempt to connect has ended.
    func run(_ opened: (Result<Void, EventError>) -> Void) {
        var session = Session(groups: GroupConnection(exchange, options: options))
        do throws(EventError) {
            try connect(&session)
            opened(.success(()))
        } catch {
            return opened(.failure(error))
        }
        while exchange.isOpen {
            turn(&session)
        }
        end(&session)
    }

    private func connect(_ session: inout Session) throws(EventError) {
        _ = news.take()
        var connection = try NATSConnection(options, observer: news)
        let control = ControlInlet(exchange)
        for wire in [
            exchange.namespace.inbox(of: exchange.bus), exchange.namespace.absences(for: exchange.bus),
            exchange.namespace.everybody,
        ] {
            try connection.subscribe(to: wire, limit: -1, receiver: control)
        }
        for (pattern, inlet) in session.inlets {
            try connection.subscribe(to: exchange.namespace.wire(pattern), receiver: inlet)
        }
        let hasFlushed = connection.flush()
        let fault = connection.lastError
        guard hasFlushed, !fault.hasPrefix(Permissions.ofSubscription) || !session.inlets.isEmpty else {
            let reason = fault.isEmpty ? "the server does not answer" : fault
            throw .transport(TransportFailure(operation: "connect \(connection.endpoint)", reason: reason))
        }
        session.connection = consume connection
        session.isUp = true
        session.isStuck = false
        session.wait = Self.firstWait
        announceConnection(&session)
        takeEffect(&session)
    }

    private func announceConnection(_ session: inout Session) {
        guard let server = session.connection?.serverID, let address = session.connection?.address else { return }
        (session.server, session.address) = (server, address)
        // Others send as soon as they hear of the bus.
        session.groups.follow(address, server)
        let limit = session.connection?.maximumPayload ?? 0
        exchange.connected(to: server, at: address.description, maximumPayload: limit)
    }

    /// Takes note of what libnats has told.
    private func readNews(_ session: inout Session) {
        for event in news.take() {
            switch event {
            case .disconnected:
                guard session.isUp else { break }
                session.isUp = false
                exchange.disconnected("the connection with the server is gone")
            case .reconnected:
                exchange.reporter.counters.reconnections.add(1, ordering: .relaxed)
                // The library has sent its subscriptions before; once they are in effect here, others are told.
                session.isUp = true
                flush(&session)
                announceConnection(&session)
            case .closed:
                session.isUp = false
                exchange.disconnected("the connection is closed")
                session.connection = nil
                session.nextAttempt = .now + session.wait
            case .serverStops: exchange.reporter.serverStops(exchange.receiver.endpoint)
            case .failed(let reason): exchange.reporter.connectionFailed(exchange.receiver.endpoint, reason)
            }
        }
    }

    /// Makes a connection anew that libnats has given up, as it does when a server refuses the bus twice.
    private func reconnect(_ session: inout Session) {
        guard session.connection == nil, ContinuousClock.now >= session.nextAttempt else { return }
        do throws(EventError) {
            try connect(&session)
            exchange.reporter.happened(.restarted(endpoint: exchange.receiver.endpoint))
        } catch {
            session.wait = min(session.wait * 2, Self.lastWait)
            session.nextAttempt = .now + session.wait
            exchange.reporter.happened(.refused(endpoint: exchange.receiver.endpoint, reason: error.description))
        }
    }

    // MARK: A turn

    private func turn(_ session: inout Session) {
        readNews(&session)
        reconnect(&session)
        session.groups.look(session.isUp ? session.address : nil)
        let shared = session.groups.flush()
        if !shared.isEmpty { exchange.effective(shared) }
        look(&session)
        if session.isUp, session.isStuck { flush(&session) }
        guard session.isUp, !session.isStuck else {
            let work = exchange.takeWork(wantsItems: false)
            carryOut(work, &session)
            let next = session.connection == nil ? session.nextAttempt : .now + .seconds(1)
            return exchange.waitForWork(until: min(work.deadline ?? next, next))
        }
        let work = exchange.takeWork(wantsItems: session.items.isEmpty)
        carryOut(work, &session)
        if session.items.isEmpty { session.items = work.items[...] }
        if work.mayPublish { sendBatch(&session) }
        guard session.items.isEmpty || !work.mayPublish else { return }
        let latest = ContinuousClock.now + .seconds(1)
        exchange.waitForWork(until: min(work.deadline ?? latest, latest))
    }

    /// Looks, now and then, who has been silent: there may be many, and a turn for each message.
    private func look(_ session: inout Session) {
        let now = ContinuousClock.now
        guard now >= session.nextLook else { return }
        session.nextLook = now + Self.lookInterval
        let silent = exchange.receiver.tick(now)
        if !silent.isEmpty { exchange.probe(silent) }
    }

    /// Subscribes, unsubscribes, and tells others what there is to tell.
    private func carryOut(_ work: ExchangeStateMachine.Work, _ session: inout Session) {
        guard !work.commands.isEmpty || !work.notes.isEmpty else { return }
        for note in work.notes { send(note, &session) }
        for command in work.commands {
            switch command {
            case .subscribe(let interest):
                subscribe(to: interest, &session)
            case .unsubscribe(let interest) where interest.group != nil:
                session.groups.unsubscribe(from: interest)
            case .unsubscribe(let interest):
                guard let inlet = session.inlets.removeValue(forKey: interest.pattern) else { break }
                exchange.receiver.close(inlet)
                session.connection?.unsubscribe(from: exchange.namespace.wire(interest.pattern))
            }
        }
        flush(&session)
    }

    private func subscribe(to interest: Interest, _ session: inout Session) {
        let pattern = interest.pattern
        do throws(EventError) {
            if let queue = exchange.namespace.queue(of: interest) {
                return try session.groups.subscribe(to: interest, queue: queue, at: session.address)
            }
            let inlet = exchange.receiver.inlet(for: pattern)
            do throws(EventError) {
                try session.connection?.subscribe(to: exchange.namespace.wire(pattern), receiver: inlet)
            } catch {
                exchange.receiver.close(inlet)
                throw error
            }
            session.inlets[pattern] = inlet
            session.asked.append(pattern)
        } catch {
            exchange.refused(interest, error)
        }
    }

    /// Waits until the server has worked through what was sent; what it was asked for is in effect then.
    private func flush(_ session: inout Session) {
        session.isStuck = session.connection?.flush() != true
        if !session.isStuck { takeEffect(&session) }
    }

    /// The server has what it was asked for, as far as it permits that.
    private func takeEffect(_ session: inout Session) {
        let asked = session.asked
        session.asked = []
        let permitted = asked.filter { isPermitted($0, of: asked.count, &session) }
        let effective = permitted.map { Interest($0) } + session.groups.flush()
        if !effective.isEmpty { exchange.effective(effective) }
    }

    /// Whether the server lets the bus have a pattern it has just been asked for.
    private func isPermitted(_ pattern: Pattern, of count: Int, _ session: inout Session) -> Bool {
        let wire = exchange.namespace.wire(pattern)
        guard let inlet = session.inlets[pattern],
            let words = session.connection?.refusal(of: wire, receiver: inlet, among: count)
        else { return true }
        session.inlets[pattern] = nil
        exchange.receiver.close(inlet)
        session.connection?.unsubscribe(from: wire)
        let failure = TransportFailure(operation: "subscribe to \(pattern)", reason: words)
        exchange.refused(Interest(pattern), .transport(failure))
        return false
    }

    private func send(_ note: ControlNote, _ session: inout Session) {
        let bytes = note.message.bytes
        _ = session.connection?.publish(note.wire, reply: note.reply, bytes.span)
    }

    /// Sends what is next, and waits until the server has it.
    private func sendBatch(_ session: inout Session) {
        guard !session.items.isEmpty else { return }
        var (count, bytes) = (0, 0)
        while let item = session.items.first, count < Self.batchCount, bytes < Self.batchBytes {
            switch item {
            case .note(let note): send(note, &session)
            case .envelope(let envelope):
                let run = envelope.isAlone ? 1 : lengthOfRun(after: envelope, session)
                guard send(envelope, run, &session) else {
                    exchange.sent(count, bytes: bytes)
                    session.isStuck = true
                    return
                }
                // The rest of a run has gone with its first.
                for case .envelope(let envelope) in session.items.prefix(run) { bytes += envelope.size }
                count += run
                session.items.removeFirst(run - 1)
            }
            session.items.removeFirst()
        }
        flush(&session)
        exchange.sent(count, bytes: bytes)
    }

    /// How many envelopes, of which this is the first, go in one message: a run on one subject.
    private func lengthOfRun(after first: OutgoingEnvelope, _ session: borrowing Session) -> Int {
        var (count, bytes) = (0, 0)
        for item in session.items.prefix(Self.longestRun) {
            guard case .envelope(let envelope) = item, !envelope.isAlone, envelope.wire == first.wire else { break }
            bytes += envelope.header.count
            guard count == 0 || bytes <= min(Self.bytesOfRun, exchange.greatestMessage) else { break }
            count += 1
        }
        return count
    }

    /// Sends an envelope, and as many of those behind it as go with it.
    ///
    /// - Returns: Whether it has left; otherwise it is to be sent once there is a connection.
    private func send(_ envelope: OutgoingEnvelope, _ run: Int, _ session: inout Session) -> Bool {
        let status: natsStatus?
        if envelope.placeOfNumber != nil {
            session.header.removeAll(keepingCapacity: true)
            for case .envelope(let next) in session.items.prefix(run) { next.appendBody(to: &session.header) }
            let headers = envelope.mark.map { [(name: "EG" as StaticString, value: $0)] } ?? []
            status = session.connection?.publish(envelope.wire, reply: nil, headers: headers, session.header.span)
        } else {
            status = sendWithHeader(envelope, &session)
        }
        switch status {
        case NATS_OK?: return true
        case nil, NATS_INSUFFICIENT_BUFFER?, NATS_CONNECTION_DISCONNECTED?, NATS_CONNECTION_CLOSED?: return false
        case let status?:
            // What it was is counted as lost by those who wanted it.
            let subject = String(decoding: envelope.wire.dropLast(), as: UTF8.self)
            exchange.reporter.failed(NATSResult.failure("publish \(subject)", status))
            return true
        }
    }

    private func sendWithHeader(_ envelope: OutgoingEnvelope, _ session: inout Session) -> natsStatus? {
        envelope.writeHeader(to: &session.header)
        if let mark = envelope.mark {
            let headers: [(name: StaticString, value: [UInt8])] = [("EB", session.header), ("EG", mark)]
            return envelope.payload.withBytes {
                session.connection?.publish(envelope.wire, reply: nil, headers: headers, $0)
            }
        }
        return envelope.payload.withBytes {
            session.connection?.publish(envelope.wire, header: "EB", session.header, $0)
        }
    }

    // MARK: The end

    /// Sends what is left, says goodbye, and closes, within the time there is.
    private func end(_ session: inout Session) {
        if session.isUp, !session.isStuck { session.groups.unsubscribeFromAll() }
        leftGroups.complete()
        let deadline = ContinuousClock.now + linger
        while !exchange.isDone || !session.items.isEmpty, ContinuousClock.now < deadline {
            readNews(&session)
            if session.isUp, session.isStuck { flush(&session) }
            guard session.isUp, !session.isStuck else {
                exchange.waitForWork(until: min(deadline, .now + .milliseconds(50)))
                continue
            }
            let work = exchange.takeWork(wantsItems: session.items.isEmpty)
            if session.items.isEmpty { session.items = work.items[...] }
            if work.mayPublish, !session.items.isEmpty {
                sendBatch(&session)
            } else {
                exchange.waitForWork(until: min(deadline, work.deadline ?? deadline))
            }
        }
        guard session.isUp, !session.isStuck else { return }
        for note in exchange.takeLastWords() { send(note, &session) }
        session.connection?.unsubscribeFromAll()
        _ = session.connection?.flush()
    }
}
