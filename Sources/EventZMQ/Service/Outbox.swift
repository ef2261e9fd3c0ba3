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
    /// A publishing socket, or where one is being replaced, and what its peers want.
    struct Leg: Sendable {
        let id: Int
        let name: String
        let connects: Bool
        /// What is sent there; everything where it is `nil`.
        let patterns: [Pattern]?
        var socket: PublishingSocket?
        var book: LedgerBook

        /// Who wants a subject there and may have it.
        func route(of subject: Subject) -> LedgerBook.Route {
            patterns.sends(subject) ? book.route(of: subject) : LedgerBook.Route()
        }
    }

    /// What is known of a subject that was published on.
    fileprivate struct SubjectState: Sendable {
        /// How many envelopes have been sent on it.
        var sequence: UInt64 = 0
        /// The generation of all books that the routes are from.
        var generation = UInt64.max
        var routes: [LedgerBook.Route] = []
        /// What somebody wants it as.
        var wanted: Encoding = []
        /// The last legs that lead to somebody who wants it in each form.
        var lastCompact: Int?
        var lastPlain: Int?
        var isCounted = false
        var isHeard = false
    }

    fileprivate typealias SubjectPlace = RecentTable<Subject, SubjectState>.Place
    fileprivate typealias ForgottenSubjects = RecentTable<Subject, SubjectState>.Generation

    struct State: Sendable {
        var legs: [Leg] = []
        /// Envelopes that were counted, so that ledgers can say which ones they mean.
        var number: UInt64 = 0
        /// Whether there was a send since the service thread last looked.
        var isUnchecked = false
        var isOpen = true
        /// Who the buses are that subscribe, where peers have to prove anything.
        var subscribers: IdentityOwners?

        init(asksWhoSubscribes: Bool) {
            subscribers = asksWhoSubscribes ? IdentityOwners() : nil
        }

        private var subjects = RecentTable<Subject, SubjectState>(
            capacity: Outbox.subjectCapacity,
            byteLimit: Outbox.subjectBytes
        )

        /// What the table of subjects has forgotten, which is to be let go without the lock.
        fileprivate mutating func takeForgotten() -> ForgottenSubjects? { subjects.takeForgotten() }

        private var generation: UInt64 {
            var sum: UInt64 = 0
            // By place: what iterates a leg copies it, with a reference for each table of its book.
            for index in legs.indices { sum &+= legs[index].book.generation }
            return sum
        }

        /// What is known of a subject, brought up to date.
        fileprivate mutating func place(of subject: Subject) -> SubjectPlace {
            let place = subjects.place(of: subject, initial: SubjectState())
            let generation = generation
            if subjects[place].generation != generation {
                let routes = legs.map { $0.route(of: subject) }
                subjects[place].generation = generation
                subjects[place].routes = routes
                subjects[place].lastCompact = routes.lastIndex { $0.isWanted }
                subjects[place].lastPlain = routes.lastIndex { $0.isPlainlyWanted }
                subjects[place].wanted = routes.reduce(into: []) { $0.formUnion($1.encoding) }
                subjects[place].isCounted = routes.contains { !$0.entries.isEmpty }
                subjects[place].isHeard = routes.contains { $0.isHeard }
            }
            return place
        }

        /// What somebody wants a subject as.
        fileprivate func wanted(at place: SubjectPlace) -> Encoding { subjects[place].wanted }

        /// What somebody wants a subject as; counts an envelope on it unless it is going to be sent.
        fileprivate mutating func note(at place: SubjectPlace) -> Demand {
            if !subjects[place].wanted.isEmpty { return .wanted(subjects[place].wanted) }
            guard subjects[place].isCounted else { return .none }
            count(place)
            return .counted(isFirstUnchecked: isFirstUnchecked())
        }

        /// Whether the service thread does not know yet that there was a send since it last looked.
        private mutating func isFirstUnchecked() -> Bool {
            defer { isUnchecked = true }
            return !isUnchecked
        }

        /// Gives an envelope its numbers and counts it.
        fileprivate mutating func number(at place: SubjectPlace) -> UInt64 {
            count(place)
            subjects[place].sequence += 1
            return subjects[place].sequence
        }

        /// Sends an envelope that was just numbered to every leg that leads to somebody who wants it.
        fileprivate mutating func send(_ message: borrowing OutgoingMessage, at place: SubjectPlace) -> Aftermath {
            var aftermath = Aftermath(
                isFirstUnchecked: isFirstUnchecked(),
                isUnheard: !subjects[place].isHeard,
                wanted: subjects[place].wanted
            )
            for index in legs.indices {
                let route = subjects[place].routes[index]
                guard let socket = legs[index].socket else { continue }
                if route.isWanted {
                    // The last one may take the frames over; the others get copies that share their memory.
                    let isLast = index == subjects[place].lastCompact
                    aftermath.add(socket.send(.compact, of: message, isLast: isLast), at: legs[index].name)
                }
                if route.isPlainlyWanted {
                    let isLast = index == subjects[place].lastPlain
                    aftermath.add(socket.send(.plain, of: message, isLast: isLast), at: legs[index].name)
                }
            }
            return aftermath
        }

        /// Where a leg is; by place, since what iterates a leg copies it.
        func place(ofLeg id: Int) -> Int? { legs.indices.first { legs[$0].id == id } }

        /// What to tell a bus at a leg.
        mutating func message(
            to bus: String,
            leg index: Int,
            from origin: String,
            now: ContinuousClock.Instant
        ) -> LedgerMessage? {
            let socket = UInt64(legs[index].id)
            return legs[index].book.message(to: bus, from: origin, socket: socket, number: number, now: now)
        }

        private mutating func count(_ place: SubjectPlace) {
            number += 1
            guard subjects[place].isCounted else { return }
            for index in legs.indices { legs[index].book.count(subjects[place].routes[index].entries) }
        }
    }

    /// What becomes of an envelope.
    fileprivate enum Demand {
        /// Nobody has asked for it.
        case none
        /// Only buses that are away have.
        case counted(isFirstUnchecked: Bool)
        /// It has to be encoded so, and was not.
        case wanted(Encoding)
        case sent(Aftermath)
        case closed
    }

    /// What a send leaves to be done without the lock.
    fileprivate struct Aftermath {
        var isFirstUnchecked: Bool
        var isUnheard: Bool
        /// What it was wanted as.
        var wanted: Encoding
        var fullQueues: [String] = []
        var code: Int32?
        var forgotten: ForgottenSubjects?

        mutating func add(_ outcome: PublishingSocket.Outcome, at name: String) {
            switch outcome {
            case .sent: break
            case .sentExceptToFull: if fullQueues.last != name { fullQueues.append(name) }
            case .failed(let code): self.code = code
            }
        }
    }

    private static let subjectCapacity = 1 << 16
    /// Of the names of the subjects.
    private static let subjectBytes = 1 << 23

    let state: Lock<State>
    let origin: String
    private let originID: EventIdentifier?
    private let encoder: EnvelopeEncoder
    private let maximumMessageSize: Int
    private let reporter: BusReporter
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

    init(origin: String, maximumMessageSize: Int, asksWhoSubscribes: Bool, reporter: BusReporter, wakeUp: WakeUp) {
        self.origin = origin
        originID = EventIdentifier(Array(origin.utf8).span)
        state = Lock(State(asksWhoSubscribes: asksWhoSubscribes))
        encoder = EnvelopeEncoder(origin: origin)
        self.maximumMessageSize = maximumMessageSize
        self.reporter = reporter
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
            switch try encoding.isEmpty ? demand(for: envelope.subject) : send(envelope, as: encoding) {
            case .closed: throw .busClosed
            case .wanted(let wanted):
                expected.store(wanted.rawValue, ordering: .relaxed)
                encoding = wanted
                continue
            case .none:
                if !encoding.isEmpty { expected.store(0, ordering: .relaxed) }
                reporter.counters.unheard.add(1, ordering: .relaxed)
            case .counted(let isFirstUnchecked):
                if !encoding.isEmpty { expected.store(0, ordering: .relaxed) }
                if isFirstUnchecked { wakeUp.wake() }
                reporter.counters.sent.add(1, ordering: .relaxed)
            case .sent(let aftermath):
                if aftermath.wanted != encoding { expected.store(aftermath.wanted.rawValue, ordering: .relaxed) }
                try finish(aftermath, envelope)
            }
            return
        }
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
        if aftermath.isFirstUnchecked { wakeUp.wake() }
        for name in aftermath.fullQueues { reporter.happened(.queueFull(endpoint: name)) }
        if let code = aftermath.code { throw ZMQResult.failure("publish \(envelope.subject)", code) }
        if aftermath.isUnheard {
            reporter.counters.unheard.add(1, ordering: .relaxed)
        } else {
            reporter.counters.sent.add(1, ordering: .relaxed)
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
                        let place = state.place(of: envelope.subject)
                        let wanted = state.wanted(at: place)
                        guard !wanted.isEmpty else { return state.note(at: place) }
                        guard wanted.isSubset(of: encoding) else { return .wanted(wanted) }
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
                        aftermath.forgotten = state.takeForgotten()
                        return .sent(aftermath)
                    }
                }
            }
        }
    }

    /// Makes the compact form of an envelope, which only lacks its number.
    private func write(
        _ envelope: Envelope,
        _ compact: inout CompactWriter,
        to message: inout OutgoingMessage,
        as encoding: Encoding
    ) throws(EventError) {
        let payloadCount = envelope.payloadCount
        let origin = encoding.contains(.origin) ? originID : nil
        compact.begin(envelope.subject)
        let start = compact.count
        try compact.fields(of: envelope, number: 0, origin: origin, payloadCount: payloadCount)
        // What fits a frame that any bus accepts is one.
        let isApart = compact.count + payloadCount > ZMQBusConfiguration.maximumMessageSizes.lowerBound
        if isApart, payloadCount > 0 {
            compact.removeAll(from: start)
            try compact.fields(of: envelope, number: 0, origin: origin, payloadCount: 0)
        }
        try check(compact.count, "subject and header", of: envelope)
        try compact.withBytes { head throws(EventError) in
            try message.setCompact(head, envelope.payload, isApart: isApart && payloadCount > 0)
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
            envelope.payload.withBytes { payload in
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

    /// Lets nothing be published any more.
    func close() {
        state.withLock { $0.isOpen = false }
        hasInterest.store(true, ordering: .releasing)
    }
}

extension [Pattern]? {
    /// Whether a subject goes out where these are all that does; where there are none, everything does.
    func sends(_ subject: Subject) -> Bool { self?.contains { $0.matches(subject) } ?? true }
}

extension PublishingSocket {
    /// Sends a form of an envelope; the last time the frames themselves, which are gone then.
    fileprivate func send(
        _ form: OutgoingMessage.Form,
        of message: borrowing OutgoingMessage,
        isLast: Bool
    ) -> Outcome {
        isLast ? send(form, of: message) : message.withCopy(of: form) { send(form, of: $0) }
    }
}

extension LedgerBook.Route {
    /// What is to be encoded for it.
    fileprivate var encoding: Encoding {
        var encoding: Encoding = []
        if isWanted { encoding.insert(.compact) }
        if hasStrangers { encoding.insert(.origin) }
        if isPlainlyWanted { encoding.insert(.plain) }
        return encoding
    }
}
