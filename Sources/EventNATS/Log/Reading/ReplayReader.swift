import EventCore
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Keeps a replay going: makes the consumers that send it, and queues what they send.
final class ReplayReader: LogReader, RoundReader {
    enum Item: Sendable {
        case entry(NATSLogEntry)
        /// The server wants to know that all before it was read.
        case question(answer: [UInt8])
        /// The last one that was there is no entry.
        case caughtUp
    }

    fileprivate struct State {
        var machine: ReplayStateMachine
        var wire: LogWire
        /// The last entry, while others are about to come that may be none.
        var held: NATSLogEntry?
        /// When the stream was made.
        var created: String?
        /// Where the consumer of now sends.
        var place: [UInt8]?
        var isClosed = false
        var isRestarting = false
        /// How many there were for it when it began.
        var initialCount: UInt64?
    }

    private let session: LogSession
    private let pattern: Pattern
    /// When the first one was kept at the earliest.
    private let earliest: Date?
    private let number: UInt64
    private let queue = ItemQueue<Item>()
    private let state: Lock<State>

    init(_ session: LogSession, pattern: Pattern, start: NATSLogStart) {
        (self.session, self.pattern) = (session, pattern)
        earliest = if case .time(let date) = start { Timestamp(date).date } else { nil }
        number = session.nextNumber()
        let wire = LogWire(stream: session.stream, namespace: session.namespace)
        state = Lock(State(machine: ReplayStateMachine(from: start), wire: wire))
    }

    // MARK: Reading

    var initialCount: UInt64 { state.withLock { $0.initialCount } ?? 0 }

    /// The next entry.
    ///
    /// - Parameter untilCaughtUp: Whether to end where nothing is left of what was there.
    /// - Returns: The entry; `nil` when the log is closed or the task is cancelled.
    /// - Throws: Why the servers cannot go on.
    func next(untilCaughtUp: Bool = false) async throws(EventError) -> NATSLogEntry? {
        while let item = try await queue.next() {
            switch item {
            case .entry(let entry): return entry
            case .question(let answer): session.order(.send(wire: answer, reply: nil, body: Data()))
            case .caughtUp: if untilCaughtUp { return nil }
            }
        }
        return nil
    }

    // MARK: Consumers

    /// Has the server send, and waits until it does.
    func open() async throws {
        guard session.add(self, number) else { throw EventError.busClosed }
        do {
            try await start()
        } catch {
            close()
            throw error
        }
    }

    private func start() async throws {
        try await checkStream()
        let consumer = session.nextNumber()
        let place = session.namespace.replay(consumer, to: session.id)
        let (old, start) = state.withLock { state in
            defer { state.place = place }
            return (state.place, state.machine.begin(consumer))
        }
        release()
        if let old { session.order(.unsubscribe(wire: old)) }
        session.order(.subscribe(wire: place, group: nil, receiver: RoundInlet(self, round: consumer)))
        var config = StreamAPI.ConsumerConfig(deliverPolicy: "all", acknowledgement: "none")
        config.name = "replay-\(session.id)-\(consumer)"
        config.deliverSubject = String(decoding: place.dropLast(), as: UTF8.self)
        config.begin(at: start)
        config.filter = session.namespace.filter(for: pattern)
        config.maximumDeliveries = 1
        config.flowControl = true
        config.heartbeat = ReplayStateMachine.heartbeat.wholeNanoseconds
        (config.replicas, config.isInMemory) = (1, true)
        let info = try await session.createConsumer(config, named: config.name ?? "")
        let isClosed = state.withLock { state in
            if state.initialCount == nil {
                // What it has sent already counts as well.
                state.initialCount = info.pending + info.delivered.consumerSequence
            }
            if state.machine.consumer == consumer {
                state.machine.began(delivered: info.delivered.streamSequence, now: .now)
            }
            return state.isClosed
        }
        if isClosed { session.order(.unsubscribe(wire: place)) }
    }

    /// Makes sure that the stream is the one it began with: numbers of another one of its name mean something else.
    private func checkStream() async throws {
        let created = try await session.streamInfo().created
        let isAnother = state.withLock { state in
            if state.created == nil { state.created = created }
            return state.created != created
        }
        guard isAnother else { return }
        throw EventError.transport(
            TransportFailure(
                operation: "read the log \(session.stream)",
                reason: "stream not found: another one of its name has been made since",
                code: Int32(StreamAPI.Fault.streamNotFound)
            )
        )
    }

    /// Lets go of the entry that is kept back.
    private func release() {
        let held = state.withLock { state in
            defer { state.held = nil }
            return state.held
        }
        if let held { _ = queue.offer(.entry(held)) }
    }

    /// Goes on with a new consumer, unless one is being made already.
    private func restart() {
        let isMine = state.withLock { state in
            guard !state.isClosed, !state.isRestarting else { return false }
            state.isRestarting = true
            return true
        }
        guard isMine else { return }
        Task.detached { await self.startAgain() }
    }

    private func startAgain() async {
        while true {
            do {
                try await start()
                return state.withLock { $0.isRestarting = false }
            } catch EventError.busClosed {
                return
            } catch EventError.transport(let failure)
                where failure.code.map({ StreamAPI.Fault.passing.contains(Int($0)) }) ?? true
            {
                // Nobody has answered; there may be a server later.
                session.logger?.notice("\(failure)")
                guard !state.withLock({ $0.isClosed }) else { return }
            } catch {
                session.removeReader(number)
                release()
                return queue.end(error as? EventError)
            }
        }
    }

    func reconnected() { restart() }

    func tick(now: ContinuousClock.Instant) {
        if state.withLock({ $0.machine.isSilent(now: now) }) { restart() }
    }

    func close() {
        session.removeReader(number)
        let place = state.withLock { state in
            state.isClosed = true
            return state.place
        }
        if let place { session.order(.unsubscribe(wire: place)) }
        release()
        queue.end()
    }

    // MARK: Messages

    func received(_ message: borrowing NATSMessage, from consumer: UInt64) {
        guard let reply = message.reply, let mark = DeliveryMark(reply: reply) else {
            return readStatus(message, consumer)
        }
        let (arrival, items, error) = state.withLock {
            state -> (ReplayStateMachine.Arrival, [Item], EventError?) in
            let arrival = state.machine.arrived(mark, from: consumer, now: .now)
            guard arrival == .deliver else { return (arrival, [], nil) }
            do throws(EventError) {
                let entry = try state.wire.read(message, mark)
                // Servers have other clocks, and may begin too early.
                let isEarly = earliest.map { mark.time.date < $0 } ?? false
                return (arrival, state.take(isEarly ? nil : entry, remaining: mark.pending), nil)
            } catch {
                return (arrival, state.take(nil, remaining: mark.pending), error)
            }
        }
        for item in items { _ = queue.offer(item) }
        if let error { session.leaveOut(mark.streamSequence, error) }
        if arrival == .restart { restart() }
    }

    /// The server asks whether all has been read, or says that it is there.
    private func readStatus(_ message: borrowing NATSMessage, _ consumer: UInt64) {
        if let answer = message.reply {
            _ = queue.offer(.question(answer: answer))
        } else if let stalled = message.header("Nats-Consumer-Stalled") {
            // It waits for the answer to a question that may be lost.
            _ = queue.offer(.question(answer: Array(stalled.utf8) + [0]))
        } else {
            // It has nothing to send, so what was behind the entry that is kept back is gone.
            release()
        }
        let sent = message.header("Nats-Last-Consumer").flatMap { UInt64($0) }
        if state.withLock({ $0.machine.heard(sent: sent, from: consumer, now: .now) }) { restart() }
    }
}

extension ReplayReader.State {
    /// Takes the next entry, or `nil` for what is none.
    ///
    /// An entry with others behind it is kept back until the next of them is here: when those are no entries it is the last
    /// one, and says so.
    ///
    /// - Returns: What can be read now.
    fileprivate mutating func take(_ entry: NATSLogEntry?, remaining: UInt64) -> [ReplayReader.Item] {
        if let entry {
            var items = held.map { [ReplayReader.Item.entry($0)] } ?? []
            held = entry.remaining > 0 ? entry : nil
            if held == nil { items.append(.entry(entry)) }
            return items
        }
        guard var last = held else { return remaining == 0 ? [.caughtUp] : [] }
        last.remaining = remaining == 0 ? 0 : max(1, last.remaining - 1)
        held = last.remaining > 0 ? last : nil
        return held == nil ? [.entry(last)] : []
    }
}

extension NATSMessage {
    /// A header as text.
    func header(_ name: StaticString) -> String? {
        withHeader(name) { value in
            guard let value else { return nil }
            return value.text(in: 0..<value.count)
        }
    }
}

extension Namespace {
    /// What a consumer of a pattern is to be sent; `nil` for all there is.
    func filter(for pattern: Pattern) -> String? {
        if pattern == ">", prefix.isEmpty { return nil }
        return String(decoding: wire(pattern).dropLast(), as: UTF8.self)
    }
}

extension StreamAPI.ConsumerConfig {
    /// Says where a consumer begins.
    mutating func begin(at start: NATSLogStart) {
        switch start {
        case .beginning: deliverPolicy = "all"
        case .sequence(let number): (deliverPolicy, startSequence) = ("by_start_sequence", max(1, number))
        case .time(let date): (deliverPolicy, startTime) = ("by_start_time", Timestamp(date).rfc3339)
        case .end: deliverPolicy = "new"
        }
    }
}
