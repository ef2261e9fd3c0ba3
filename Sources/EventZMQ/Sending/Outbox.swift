import EventCore
import EventTransport
import LinkRuntime
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a bus publishes through: its publishing sockets, and what is known of those who listen, behind one short lock.
///
/// Publishers send under the lock, on whatever thread they are; the service thread reads notices of subscriptions and
/// sends ledger messages under it, so a ledger message stands in the pipe exactly behind the envelopes that it counts. A
/// send may swallow the signal that there are notices, so the service thread is told to look after sends.
final class Outbox: Sendable {
    let state: Lock<State>
    let origin: String
    private let originID: EventIdentifier?
    private let encoder: EnvelopeEncoder
    private let maximumMessageSize: Int
    private let reporter: BusReporter
    private let counters: Counters
    private let wakeUp: WakeUp
    /// Whether any peer wants more than control topics, or is away and may come back; while none does, publishing stops
    /// here.
    // Why no publisher stops here whom a subscriber has told to go on: interest is entered and this stored before the peer
    // is answered, and the answer goes through the lock and libzmq's pipe, both of which release. So whatever the peer does
    // then comes after the store. Only the service thread stores what it has found; `false` may come after the `true` of a
    // bus that is being closed, and then its local bus refuses what is published. Nothing is read on the strength of this
    // load but what the lock guards: relaxed would do, and costs as much.
    let hasInterest = Atomic<Bool>(false)

    /// What to encode of an envelope before the lock is taken: what the last one was wanted as.
    ///
    /// After one that nobody wanted that is nothing, since most of what a program publishes may be of no interest elsewhere.
    private let expected = Atomic<UInt8>(Encoding.compact.rawValue)

    /// Whether envelopes may be sent together, as the lock has had it last.
    private let mayBatch = Atomic<Bool>(false)

    /// Creates an outbox without sockets.
    ///
    /// - Parameters:
    ///   - origin: The bus.
    ///   - configuration: How it sends.
    ///   - busyLimit: More envelopes than this between two looks make it busy.
    ///   - asksWhoSubscribes: Whether peers have to prove who they are.
    ///   - reporter: Told of what happens.
    ///   - wakeUp: Wakes the service thread.
    init(
        origin: String,
        configuration: ZMQBusConfiguration,
        busyLimit: Int,
        asksWhoSubscribes: Bool,
        reporter: BusReporter,
        wakeUp: WakeUp
    ) {
        self.origin = origin
        originID = EventIdentifier(Array(origin.utf8).span)
        state = Lock(
            State(
                batchedLimit: configuration.sendHighWaterMark,
                busyLimit: busyLimit,
                asksWhoSubscribes: asksWhoSubscribes
            )
        )
        encoder = EnvelopeEncoder(origin: origin)
        maximumMessageSize = configuration.maximumMessageSize
        self.reporter = reporter
        counters = reporter.counters
        self.wakeUp = wakeUp
    }

    // MARK: Publishing

    /// Whether anyone listens on the wire, or the bus was closed, so that a publisher comes as far as to notice; where it
    /// does not, the local bus refuses what is published.
    var hasListeners: Bool { hasInterest.load(ordering: .acquiring) }

    /// Hands an envelope to libzmq for every peer that wants it.
    ///
    /// - Throws: ``EventError/busClosed``; ``EventError/malformedEnvelope(_:)`` for a time that has no text form;
    ///   ``EventError/transport(_:)`` for a frame above the limit and when libzmq refuses.
    func send(_ envelope: Envelope) throws(EventError) {
        try check(envelope)
        var encoding = Encoding(rawValue: expected.load(ordering: .relaxed))
        while true {
            switch try demand(for: envelope, as: encoding) {
            case .closed: throw .busClosed
            case .wanted(let wanted):
                expected.store(wanted.rawValue, ordering: .relaxed)
                encoding = wanted
                continue
            case .none:
                if !encoding.isEmpty { expected.store(0, ordering: .relaxed) }
                counters.unheard.add(1, ordering: .relaxed)
            case .counted(let wakes):
                if !encoding.isEmpty { expected.store(0, ordering: .relaxed) }
                if wakes { wakeUp.wake() }
                counters.sent.add(1, ordering: .relaxed)
            case .sent(let aftermath):
                if aftermath.wanted != encoding { expected.store(aftermath.wanted.rawValue, ordering: .relaxed) }
                try finish(aftermath, envelope)
            }
            return
        }
    }

    /// Sends an envelope in one way or the other, unless it is wanted otherwise or not at all.
    private func demand(for envelope: Envelope, as encoding: Encoding) throws(EventError) -> Demand {
        if encoding.isEmpty { return demand(for: envelope.subject) }
        // The lock knows better; until it has said so in one way, an envelope is sent in the other.
        if isBusy, let demand = try addToBatch(envelope, as: encoding) { return demand }
        return try send(envelope, as: encoding)
    }

    private func demand(for subject: Subject) -> Demand {
        let (demand, _) = state.withLock { state -> (Demand, ForgottenSubjects?) in
            guard state.isOpen else { return (.closed, nil) }
            let demand = state.note(at: state.place(of: subject))
            return (demand, state.takeForgotten())
        }
        return demand
    }

    private func finish(_ aftermath: Aftermath, _ envelope: Envelope) throws(EventError) {
        if aftermath.wakes { wakeUp.wake() }
        for name in aftermath.fullQueues { reporter.happened(.queueFull(endpoint: name)) }
        if let code = aftermath.code { throw Self.failure(on: envelope.subject, code) }
        if aftermath.isUnheard {
            counters.unheard.add(1, ordering: .relaxed)
        } else {
            counters.sent.add(1, ordering: .relaxed)
        }
    }

    /// Encodes an envelope and adds it to those that leave together, unless it is wanted otherwise or cannot be among them.
    ///
    /// - Returns: `nil` for one that has to leave alone.
    private func addToBatch(_ envelope: Envelope, as encoding: Encoding) throws(EventError) -> Demand? {
        let payloadCount = envelope.payloadCount
        guard encoding.contains(.compact), !encoding.contains(.plain), payloadCount < EnvelopeBatch.greatestEnvelope
        else {
            return nil
        }
        return try CompactWriter.with { compact throws(EventError) in
            let start = try begin(envelope, &compact, as: encoding)
            guard compact.count + payloadCount <= EnvelopeBatch.greatestEnvelope else { return nil }
            return compact.withBytes { frame in
                envelope.withPayload { payload in
                    state.withLock { state -> Demand? in
                        guard state.isOpen else { return .closed }
                        let place = state.place(of: envelope.subject)
                        let wanted = state.wanted(at: place)
                        guard !wanted.isEmpty else { return state.note(at: place) }
                        guard wanted.isSubset(of: encoding) else { return .wanted(wanted) }
                        let aftermath = state.addToBatch(on: envelope.subject, at: place) { batch, number in
                            batch.append(frame, fieldsAt: start, payload, number: number)
                        }
                        guard var aftermath else {
                            mayBatch.store(false, ordering: .relaxed)
                            return nil
                        }
                        aftermath.forgotten = state.takeForgotten()
                        return .sent(aftermath)
                    }
                }
            }
        }
    }

    /// Encodes an envelope and sends it, unless it is wanted otherwise.
    private func send(_ envelope: Envelope, as encoding: Encoding) throws(EventError) -> Demand {
        try CompactWriter.with { compact throws(EventError) in
            try JSONWriter.with { header throws(EventError) in
                try OutgoingMessage.with { message throws(EventError) in
                    if encoding.contains(.compact) { try write(envelope, &compact, to: &message, as: encoding) }
                    if encoding.contains(.plain) { try write(envelope, &header, to: &message) }
                    return try state.withLock { state throws(EventError) -> Demand in
                        guard state.isOpen else { return .closed }
                        var place = state.place(of: envelope.subject)
                        let wanted = state.wanted(at: place)
                        guard !wanted.isEmpty else { return state.note(at: place) }
                        guard wanted.isSubset(of: encoding) else { return .wanted(wanted) }
                        if state.hasBatch {
                            state.sendBatch()
                            place = state.place(of: envelope.subject)
                        }
                        let sequence = state.number(at: place)
                        if wanted.contains(.compact) {
                            let offset = CompactForm.placeOfNumber(subjectCount: envelope.subject.rawValue.utf8.count)
                            message.setNumber(state.number, at: offset)
                        }
                        if wanted.contains(.plain) {
                            encoder.finish(&header, sequence: sequence, number: state.number)
                            try header.withBytes { bytes throws(EventError) in try message.setHeader(bytes) }
                        }
                        var aftermath = state.send(message, at: place)
                        if state.isRun(of: envelope.subject) { mayBatch.store(true, ordering: .relaxed) }
                        aftermath.forgotten = state.takeForgotten()
                        return .sent(aftermath)
                    }
                }
            }
        }
    }

    /// Writes the compact form of an envelope up to the payload, without its number.
    ///
    /// - Returns: Where its fields begin.
    private func begin(
        _ envelope: Envelope,
        _ compact: inout CompactWriter,
        as encoding: Encoding
    ) throws(EventError) -> Int {
        compact.begin(envelope.subject)
        let start = compact.count
        try compact.fields(
            of: envelope,
            number: 0,
            origin: origin(in: encoding),
            payloadCount: envelope.payloadCount
        )
        return start
    }

    /// Who publishes, where that has to be said.
    private func origin(in encoding: Encoding) -> EventIdentifier? { encoding.contains(.origin) ? originID : nil }

    /// Makes the compact form of an envelope, which only lacks its number.
    private func write(
        _ envelope: Envelope,
        _ compact: inout CompactWriter,
        to message: inout OutgoingMessage,
        as encoding: Encoding
    ) throws(EventError) {
        let payloadCount = envelope.payloadCount
        let start = try begin(envelope, &compact, as: encoding)
        // What fits a frame that any bus accepts is one.
        let isApart = compact.count + payloadCount > ZMQBusConfiguration.maximumMessageSizes.lowerBound
        if isApart, payloadCount > 0 {
            compact.removeAll(from: start)
            try compact.fields(of: envelope, number: 0, origin: origin(in: encoding), payloadCount: 0)
        }
        try check(compact.count, "subject and header", of: envelope)
        try compact.withBytes { head throws(EventError) in
            try message.setCompact(head, envelope, isApart: isApart && payloadCount > 0)
        }
    }

    /// Makes the frames of an envelope, which only lack the header.
    private func write(
        _ envelope: Envelope,
        _ header: inout JSONWriter,
        to message: inout OutgoingMessage
    ) throws(EventError) {
        try encoder.begin(&header, of: envelope)
        try check(header.count + EnvelopeEncoder.maximumEndCount, "the header", of: envelope)
        let result = envelope.subject.rawValue.withUTF8Bytes { subject in
            envelope.withPayload { payload in
                Result { () throws(EventError) in try message.setPlain(subject, payload) }
            }
        }
        try result.get()
    }

    /// - Throws: ``EventError/transport(_:)`` for a payload above the limit.
    func check(_ envelope: Envelope) throws(EventError) {
        try check(envelope.payloadCount, "the payload", of: envelope)
    }

    private func check(_ count: Int, _ part: String, of envelope: Envelope) throws(EventError) {
        guard count > maximumMessageSize else { return }
        let reason = "\(part): \(count) bytes exceed maximumMessageSize \(maximumMessageSize)"
        throw .transport(TransportFailure(operation: "publish \(envelope.subject)", reason: reason))
    }

    // MARK: Batches

    /// Whether envelopes are sent together.
    var isBusy: Bool { mayBatch.load(ordering: .relaxed) }

    /// Sends what was put together while the sockets were busy, and tells what came of it; the service thread does so
    /// whenever it is woken.
    func flush() {
        let outcome = state.withLock { $0.flush() }
        for name in outcome.fullQueues { reporter.happened(.queueFull(endpoint: name)) }
        if let failure = outcome.failure { reporter.failed(failure) }
    }

    /// The service thread begins to look for notices, at all sockets: what is sent from now on is looked after again.
    ///
    /// - Returns: Whether the sockets are busy, and it has to look again even if nothing more is sent.
    func beginCheck() -> Bool {
        let (isBusy, mayBatch) = state.withLock { state in (state.beginCheck(), state.mayBatch) }
        if !mayBatch { self.mayBatch.store(false, ordering: .relaxed) }
        return isBusy
    }

    /// Lets nothing be published any more.
    func close() {
        state.withLock { $0.isOpen = false }
        hasInterest.store(true, ordering: .releasing)
    }
}
