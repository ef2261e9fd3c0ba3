import EventCore
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Asks for what a durable consumer has, and queues it for this process; others may ask for their share.
final class ConsumerReader: LogReader, RoundReader {
    private typealias Answer = Result<NATSLogDelivery?, EventError>

    private struct State {
        var machine: PullStateMachine<NATSLogDelivery, Waiter<Answer>>
        var wire: LogWire
        var lastWaiter: UInt64 = 0
        /// Where the round of now comes in.
        var place: [UInt8]
        /// When to look whether the consumer is there, and whether somebody does.
        var nextLook = ContinuousClock.now + ConsumerReader.interval
        var isLooking = false
    }

    private let session: LogSession
    private let name: String
    private let number: UInt64
    /// Where to ask.
    private let source: [UInt8]
    private let state: Lock<State>
    private static let interval = Duration.seconds(10)
    /// How long not to ask after a refusal.
    private static let pause = Duration.milliseconds(250)

    init(_ session: LogSession, name: String, _ options: NATSLogConsumerOptions) {
        (self.session, self.name) = (session, name)
        number = session.nextNumber()
        source = StreamAPI.wire("CONSUMER.MSG.NEXT.\(session.stream).\(name)")
        let machine = PullStateMachine<NATSLogDelivery, Waiter<Answer>>(
            ahead: options.effectiveReadAhead,
            expected: options.expected,
            acknowledgementWait: options.acknowledgementWait,
            now: .now
        )
        let place = session.namespace.pull(number, round: machine.round, to: session.id)
        let wire = LogWire(stream: session.stream, namespace: session.namespace)
        state = Lock(State(machine: machine, wire: wire, place: place))
    }

    // MARK: The consumer

    /// Makes the consumer when it is missing, checks it otherwise, and begins to ask.
    func open(_ pattern: Pattern, _ options: NATSLogConsumerOptions) async throws {
        var wanted = StreamAPI.ConsumerConfig(deliverPolicy: "all", acknowledgement: "explicit")
        (wanted.name, wanted.durable) = (name, name)
        wanted.begin(at: options.start)
        wanted.filter = session.namespace.filter(for: pattern)
        wanted.acknowledgementWait = options.acknowledgementWait.wholeNanoseconds
        wanted.maximumDeliveries = options.maximumDeliveries ?? -1
        wanted.maximumUnacknowledged = options.maximumUnacknowledged
        let existing: StreamAPI.ConsumerInfo
        do {
            existing = try await session.consumerInfo(name)
        } catch EventError.transport(let failure) where failure.code == Int32(StreamAPI.Fault.consumerNotFound) {
            existing = try await session.createConsumer(wanted, named: name)
        }
        if let difference = wanted.difference(from: existing.config) {
            throw EventError.invalidConfiguration(
                "the consumer \(name) of the log \(session.stream) is there and differs: \(difference)"
            )
        }
        guard session.add(self, number) else { throw EventError.busClosed }
        let (place, round) = state.withLock { ($0.place, $0.machine.round) }
        session.order(.subscribe(wire: place, group: nil, receiver: RoundInlet(self, round: round)))
        ask()
    }

    /// The next delivery.
    ///
    /// - Returns: The delivery; `nil` when the reading has ended or the task is cancelled.
    func next() async throws(EventError) -> NATSLogDelivery? {
        let waiting = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let answer = await withTaskCancellationHandler {
            await Waiter<Answer>.suspend { waiter in
                switch state.withLock({ $0.machine.next(waiting, waiter, now: .now) }) {
                case .hand(let delivery): waiter.resume(returning: .success(delivery))
                case .end(let error): waiter.resume(returning: error.map { .failure($0) } ?? .success(nil))
                case .wait:
                    // The handler may have run before there was anything to cancel.
                    if Task.isCancelled { cancel(waiting) }
                }
                ask()
            }
        } onCancel: {
            cancel(waiting)
        }
        return try answer.get()
    }

    private func cancel(_ waiting: UInt64) {
        state.withLock { $0.machine.cancel(waiting) }?.resume(returning: .success(nil))
    }

    // MARK: Asking

    /// Asks for as many as there is room for.
    private func ask() {
        // One order under the lock, or a round could begin between the question and where its answers go.
        state.withLock { state in
            guard let count = state.machine.ask(now: .now) else { return }
            let body = "{\"batch\":\(count),\"expires\":\(PullStateMachine<Int, Int>.expiry.wholeNanoseconds)}"
            session.order(.send(wire: source, reply: state.place, body: Data(body.utf8)))
        }
    }

    /// Takes what was asked for as lost, and asks anew.
    private func askAnew(after pause: Duration = .zero) {
        state.withLock { state in
            state.machine.beginRound(after: pause, now: .now)
            followRound(&state)
        }
        ask()
    }

    /// Listens where the round of now comes in, and nowhere else.
    private func followRound(_ state: inout State) {
        let place = session.namespace.pull(number, round: state.machine.round, to: session.id)
        guard place != state.place else { return }
        session.order(.unsubscribe(wire: state.place))
        session.order(.subscribe(wire: place, group: nil, receiver: RoundInlet(self, round: state.machine.round)))
        state.place = place
    }

    /// What was asked for is forgotten, maybe, and what got lost is sent again when its time is up.
    func reconnected() { askAnew() }

    func forbidden(_ subject: Substring.UTF8View, _ words: String) {
        guard source.dropLast().elementsEqual(subject) else { return }
        end(.transport(TransportFailure(operation: "read the log \(session.stream)", reason: words)))
    }

    func tick(now: ContinuousClock.Instant) {
        let (upkeep, isOverdue) = state.withLock { state in
            let upkeep = state.machine.upkeep(now: now)
            followRound(&state)
            return (upkeep, state.machine.isOverdue(now: now))
        }
        for reply in upkeep.extended { answer(reply, "+WPI") }
        if !upkeep.givenBack.isEmpty { giveBack(upkeep.givenBack) }
        if isOverdue { askAnew() } else { ask() }
        look(now: now)
    }

    /// Nobody always says when a consumer is deleted, so it is asked for now and then.
    private func look(now: ContinuousClock.Instant) {
        let isDue = state.withLock { state in
            guard now >= state.nextLook, !state.isLooking else { return false }
            state.isLooking = true
            return true
        }
        guard isDue else { return }
        Task.detached {
            do {
                _ = try await self.session.consumerInfo(self.name)
            } catch EventError.transport(let failure) where StreamAPI.Fault.isGone(failure.code) {
                self.end(.transport(failure))
            } catch {
                self.session.logger?.notice("\(error)")
            }
            self.state.withLock { ($0.nextLook, $0.isLooking) = (.now + Self.interval, false) }
        }
    }

    func close() { end(nil) }

    private func end(_ error: EventError?) {
        session.removeReader(number)
        let (waiters, givenBack) = state.withLock { state in
            session.order(.unsubscribe(wire: state.place))
            return state.machine.finish(error)
        }
        for waiter in waiters { waiter.resume(returning: error.map { .failure($0) } ?? .success(nil)) }
        giveBack(givenBack)
    }

    /// Has the server send to somebody else what waits here, once it knows that what was asked for is not wanted here.
    ///
    /// nats-server 2.9.10 notices the latter when it is asked how the consumer is. Before that it takes the next to be sent again,
    /// finds nobody for it, and forgets it until its time is up.
    private func giveBack(_ replies: [[UInt8]]) {
        let place = session.namespace.pull(number, round: 0, to: session.id)
        let question = StreamAPI.wire("CONSUMER.INFO.\(session.stream).\(name)")
        session.order(.send(wire: question, reply: place, body: Data()))
        for reply in replies { answer(reply, "-NAK {\"delay\":\(Self.pause.wholeNanoseconds)}") }
    }

    private func answer(_ reply: [UInt8], _ text: String) {
        session.order(.send(wire: reply, reply: nil, body: Data(text.utf8)))
    }

    // MARK: Messages

    func received(_ message: borrowing NATSMessage, from round: UInt64) {
        guard let reply = message.reply, let mark = DeliveryMark(reply: reply) else {
            return readStatus(message, round)
        }
        let entry = state.withLock { state -> Result<NATSLogEntry?, EventError> in
            do throws(EventError) {
                return .success(try state.wire.read(message, mark))
            } catch {
                return .failure(error)
            }
        }
        switch entry {
        case .success(let entry?):
            let delivery = NATSLogDelivery(
                entry: entry,
                deliveries: mark.deliveries,
                reply: reply,
                session: session
            )
            let action = state.withLock { state in
                state.machine.arrived(
                    delivery,
                    mark.streamSequence,
                    reply: reply,
                    isAgain: mark.deliveries > 1,
                    from: round,
                    now: .now
                )
            }
            switch action {
            case .hand(let waiter): waiter.resume(returning: .success(delivery))
            case .giveBack: giveBack([reply])
            case .keep: break
            }
        case .success(nil): leaveOut(reply, from: round)
        case .failure(let error):
            session.leaveOut(mark.streamSequence, error)
            leaveOut(reply, from: round)
        }
        ask()
    }

    /// Nobody here could ever read it.
    private func leaveOut(_ reply: [UInt8], from round: UInt64) {
        state.withLock { $0.machine.leftOut(from: round) }
        answer(reply, "+TERM")
    }

    /// The server does not keep in mind any longer what it was asked for.
    private func readStatus(_ message: borrowing NATSMessage, _ round: UInt64) {
        guard state.withLock({ $0.machine.round == round }) else { return }
        if let pending = message.header("Nats-Pending-Messages").flatMap({ Int($0) }) {
            state.withLock { $0.machine.expired(max(0, pending), from: round) }
            return ask()
        }
        // It is deleted, has no leader now, or has too many questions: it is looked for before it is asked again.
        state.withLock { $0.nextLook = .now }
        askAnew(after: Self.pause)
    }
}
