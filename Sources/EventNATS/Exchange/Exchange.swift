import Dispatch
import EventCore
import EventMemory
import EventTransport
import LinkRuntime
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The exchange of a bus with others: a state machine behind one short lock, which publishers, the send thread and the
/// threads of libnats share.
final class Exchange: Sendable {
    typealias Outcome = ExchangeStateMachine.Outcome

    fileprivate struct State {
        var machine: ExchangeStateMachine
        var waiters: [UInt64: Waiter<Outcome>] = [:]
        var lastID: UInt64 = 0
        /// Whether the send thread waits, so that it has to be woken.
        var isIdle = false
        var subjects: [Subject: [UInt8]] = [:]
    }

    private static let maximumSubjects = 1 << 12

    let bus: String
    let namespace: Namespace
    let receiver: Receiver
    let reporter: BusReporter
    private let encoder: EnvelopeEncoder
    private let form: NATSForm
    private let originID: EventIdentifier?
    private let state: Lock<State>
    private let signal = DispatchSemaphore(value: 0)
    /// How many bytes a message may have, as the server said last.
    private let maximumPayload = Atomic<Int>(1 << 20)

    init(
        bus: String,
        namespace: Namespace,
        configuration: NATSBusConfiguration,
        receiver: Receiver,
        reporter: BusReporter
    ) {
        (self.bus, self.namespace, self.receiver, self.reporter) = (bus, namespace, receiver, reporter)
        encoder = EnvelopeEncoder(origin: bus)
        form = configuration.form
        originID = EventIdentifier(Array(bus.utf8).span)
        let machine = ExchangeStateMachine(
            bus: bus,
            namespace: namespace,
            confirmationTimeout: configuration.confirmationTimeout,
            queue: SendQueue(capacity: configuration.queueCapacity, byteCapacity: configuration.queueBytes)
        )
        state = Lock(State(machine: machine))
    }

    // MARK: The machine

    /// Changes the machine, and does what comes of it.
    private func change(wakes: Bool = true, _ body: (inout ExchangeStateMachine) -> ExchangeStateMachine.Effects) {
        let (effects, resumed, isIdle) = state.withLock { state in
            let effects = body(&state.machine)
            // Before anything can be sent of it.
            for change in effects.changes { receiver.changed(change) }
            for share in effects.shares { receiver.shares(share) }
            let resumed = effects.resumed.compactMap { resumption in
                state.waiters.removeValue(forKey: resumption.id).map { ($0, resumption.outcome) }
            }
            defer { if wakes { state.isIdle = false } }
            return (effects, resumed, state.isIdle)
        }
        if wakes, isIdle { signal.signal() }
        for (waiter, outcome) in resumed { waiter.resume(returning: outcome) }
        report(effects)
    }

    private func report(_ effects: ExchangeStateMachine.Effects) {
        for other in effects.left { receiver.left(other) }
        for other in effects.away { receiver.isAway(other, now: .now) }
        for event in effects.events { reporter.happened(event) }
    }

    /// Begins a wait, and waits until it is over; a cancelled task does not wait.
    private func wait(
        _ body: @escaping @Sendable (inout ExchangeStateMachine, UInt64) -> ExchangeStateMachine.Effects
    ) async -> Outcome {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await Waiter.suspend { waiter in
                state.withLock { $0.waiters[id] = waiter }
                change { body(&$0, id) }
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { change { $0.cancel(id) } }
            }
        } onCancel: {
            change { $0.cancel(id) }
        }
    }

    // MARK: Publishing

    /// How many bytes a message may have.
    var greatestMessage: Int { maximumPayload.load(ordering: .relaxed) }

    /// Puts an envelope behind the others that are to be sent.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - groups: The groups that it goes to, as far as they have members here.
    /// - Returns: Those of them whose members are to get it here; the server chooses for the others.
    /// - Throws: ``EventError/busClosed``; ``EventError/malformedEnvelope(_:)`` for a time that has no text form;
    ///   ``EventError/transport(_:)`` for an envelope that the server does not take.
    @discardableResult
    func publish(_ envelope: Envelope, groups: [MailboxGroup] = []) throws(EventError) -> [MailboxGroup] {
        var outgoing = try encoded(envelope)
        let candidates = groups.isEmpty ? [] : candidates(groups)
        let mark = candidates.reduce(0) { $0 + $1.queue.count + GroupMark.headerCount }
        let size = outgoing.countOnWire + (mark > 0 ? mark + OutgoingEnvelope.blockCount : 0)
        let limit = greatestMessage
        guard size <= limit else {
            let reason = "\(size) bytes exceed the server's max_payload of \(limit)"
            throw .transport(TransportFailure(operation: "publish \(envelope.subject)", reason: reason))
        }
        var served: [Candidate] = []
        let (answer, isIdle) = state.withLock { state -> (SendQueue.Answer?, Bool) in
            guard state.machine.isOpen else { return (nil, false) }
            outgoing.wire = state.wire(envelope.subject, namespace, limit: Self.maximumSubjects)
            if !candidates.isEmpty {
                served = candidates.filter { !state.machine.isShared($0.interest) }
                if !served.isEmpty { outgoing.mark = GroupMark.text(of: served.map(\.queue)) }
            }
            let answer = state.machine.publish(outgoing, on: envelope.subject)
            defer { state.isIdle = false }
            return (answer, state.isIdle)
        }
        if isIdle { signal.signal() }
        guard let answer else { throw .busClosed }
        reporter.counters.sent.add(1, ordering: .relaxed)
        if answer == .dropped(isNew: true) { reporter.happened(.queueFull(endpoint: receiver.endpoint)) }
        return served.map(\.members)
    }

    /// Writes an envelope, but for its number and where it goes.
    private func encoded(_ envelope: Envelope) throws(EventError) -> OutgoingEnvelope {
        switch form {
        case .header:
            try JSONWriter.with { writer throws(EventError) in
                try encoder.begin(&writer, of: envelope)
                let header = writer.withBytes { [UInt8]($0, room: OutgoingEnvelope.endCount) }
                return OutgoingEnvelope(wire: [], header: header, number: 0, payload: envelope.payload)
            }
        case .body:
            try CompactWriter.with { writer throws(EventError) in
                writer.begin(envelope.subject)
                let place = writer.count + CompactForm.offsetOfNumber
                try writer.fields(of: envelope, number: 0, origin: originID, payloadCount: envelope.payloadCount)
                let body = writer.withBytes { head in
                    envelope.withPayload { payload in
                        var body = [UInt8](head, room: payload.count)
                        unsafe payload.withUnsafeBufferPointer { unsafe body.append(contentsOf: $0) }
                        return body
                    }
                }
                return OutgoingEnvelope(wire: [], header: body, number: 0, payload: nil, placeOfNumber: place)
            }
        }
    }

    /// A group that an envelope may go to here.
    private struct Candidate {
        var members: MailboxGroup
        var interest: Interest
        var queue: [UInt8]
    }

    private func candidates(_ groups: [MailboxGroup]) -> [Candidate] {
        groups.compactMap { members in
            let interest = Interest(members.pattern, group: members.name)
            // Where the last member has just gone, there may be others elsewhere.
            guard members.hasMembers, let queue = namespace.queue(of: interest) else { return nil }
            return Candidate(members: members, interest: interest, queue: queue)
        }
    }

    // MARK: Subscribing and waiting

    /// Asks the server for something, and waits until that is in effect everywhere.
    ///
    /// - Parameters:
    ///   - interest: What to ask for.
    ///   - members: Who gets it here, where it is a group's share.
    ///   - limit: How long to wait; `nil` for as long as the bus does.
    /// - Returns: How the wait ended.
    func subscribe(to interest: Interest, members: MailboxGroup? = nil, limit: Duration?) async -> Outcome {
        await wait { [receiver] machine, id in
            let effects = machine.subscribe(to: interest, limit: limit, id: id, now: .now)
            // Together with where their share begins, or they could get what came for those before them.
            if let members { receiver.joined(members, interest, effects.shares.last) }
            return effects
        }
    }

    func release(_ interest: Interest) { change { $0.release(interest, now: .now) } }

    func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async -> Outcome {
        await wait { $0.awaitSubscribers(subject, count: count, timeout: timeout, id: $1, now: .now) }
    }

    /// Waits, for a moment, until the other buses have been heard of.
    func gathered() async { _ = await wait { $0.awaitGathering($1) } }

    /// The buses that are there, with the addresses of their servers, and whether they subscribe to anything.
    var peers: [LinkPeer] {
        state.withLock { state in
            state.machine.peers.peers.filter(\.value.isPresent).map { bus, peer in
                let role: LinkPeer.Role = state.machine.joined.contains(bus) ? .subscriber : .publisher
                return LinkPeer(id: bus, name: nil, endpoint: peer.endpoint, role: role)
            }
        }
    }

    // MARK: Other buses

    func heard(_ message: ControlMessage) {
        let now = ContinuousClock.now
        switch message {
        case .ledger(let lines):
            receiver.read(lines, now: now)
            change { $0.heard(message, now: now) }
        case .answer(let other, _, _), .question(let other, _), .read(let other, _):
            receiver.heard(other, now: now)
            change { $0.heard(message, now: now) }
        default: change { $0.heard(message, now: now) }
        }
    }

    func absent(_ bus: String) { change { $0.absent(bus, now: .now) } }

    // MARK: The send thread

    func connected(to server: String, at endpoint: String, maximumPayload limit: Int) {
        if limit > 0 { maximumPayload.store(limit, ordering: .relaxed) }
        receiver.endpoint = endpoint
        change { $0.connected(to: server, at: endpoint, now: .now) }
    }

    func disconnected(_ reason: String) { change { $0.disconnected(reason) } }

    func effective(_ interests: [Interest]) { change { $0.effective(interests, now: .now) } }

    func refused(_ interest: Interest, _ error: EventError) { change { $0.refused(interest, error) } }

    func groupsAreConnected(_ isConnected: Bool) { state.withLock { $0.machine.groupsAreConnected(isConnected) } }

    func probe(_ others: [String]) {
        change { machine in
            machine.probe(others)
            return .init()
        }
    }

    /// Takes what there is to do.
    func takeWork(wantsItems: Bool) -> ExchangeStateMachine.Work {
        var taken = ExchangeStateMachine.Work()
        change(wakes: false) { machine in
            let (work, effects) = machine.takeWork(now: .now, wantsItems: wantsItems)
            taken = work
            return effects
        }
        return taken
    }

    /// So many envelopes have left, or are lost.
    func sent(_ count: Int, bytes: Int) {
        guard count > 0 else { return }
        state.withLock { $0.machine.queue.sent(count, bytes: bytes) }
    }

    /// Whether all envelopes have left.
    var isDone: Bool { state.withLock { $0.machine.queue.isDone } }

    func takeLastWords() -> [ControlNote] { state.withLock { $0.machine.takeLastWords(now: .now) } }

    /// Waits until there is something to do, or until a time.
    func waitForWork(until deadline: ContinuousClock.Instant) {
        let hasWork = state.withLock { state in
            state.isIdle = !state.machine.hasWork
            return !state.isIdle
        }
        if hasWork { return }
        let nanoseconds = max(.zero, deadline - .now).components
        let wait = DispatchTimeInterval.nanoseconds(
            Int(nanoseconds.seconds) * 1_000_000_000 + Int(nanoseconds.attoseconds / 1_000_000_000)
        )
        _ = signal.wait(timeout: .now() + wait)
        state.withLock { $0.isIdle = false }
    }

    /// Has the send thread look what there is to do.
    func wake() { change { _ in .init() } }

    /// Lets nothing be published or subscribed to any more.
    func close() { change { $0.close() } }

    var isOpen: Bool { state.withLock { $0.machine.isOpen } }
}

extension Exchange.State {
    /// A subject as C text; those of late are remembered.
    fileprivate mutating func wire(_ subject: Subject, _ namespace: Namespace, limit: Int) -> [UInt8] {
        if let wire = subjects[subject] { return wire }
        if subjects.count >= limit { subjects = [:] }
        let wire = namespace.wire(subject)
        subjects[subject] = wire
        return wire
    }
}

extension [UInt8] {
    /// A copy of bytes, with room for more.
    fileprivate init(_ bytes: Span<UInt8>, room: Int) {
        unsafe self.init(unsafeUninitializedCapacity: bytes.count + room) { memory, count in
            _ = unsafe bytes.withUnsafeBufferPointer { unsafe memory.update(fromContentsOf: $0) }
            count = bytes.count
        }
    }
}

extension OutgoingEnvelope {
    /// How many bytes the server counts of it, at most.
    fileprivate var countOnWire: Int {
        guard placeOfNumber == nil else { return header.count }
        return header.count + Self.endCount + Self.headerCount + (payload?.count ?? 0)
    }

    /// How many bytes the number and the end take behind the header's beginning, at most.
    static let endCount = 32
    /// What the server counts of a block of headers beside them: `NATS/1.0` and the line ends.
    fileprivate static let blockCount = 12
    /// What the server counts of the block around the header: `NATS/1.0`, the name, and the line ends.
    static let headerCount = 22

    /// Writes the header as C text: one line of JSON.
    func writeHeader(to text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: header)
        text.append(contentsOf: #","n":"#.utf8)
        let start = text.count
        var rest = number
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
        text.append(UInt8(ascii: "}"))
        text.append(0)
    }
}
