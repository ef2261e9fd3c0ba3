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
    private struct SubjectState: Sendable {
        /// How many envelopes have been sent on it.
        var sequence: UInt64 = 0
        /// The generation of all books that the routes are from.
        var generation = UInt64.max
        var routes: [LedgerBook.Route] = []
        /// The last leg that leads to somebody who wants it.
        var lastWanted: Int?
        var isCounted = false
        var isHeard = false
    }

    private typealias SubjectPlace = RecentTable<Subject, SubjectState>.Place
    private typealias ForgottenSubjects = RecentTable<Subject, SubjectState>.Entries

    private struct State: Sendable {
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
        mutating func takeForgotten() -> ForgottenSubjects? { subjects.takeForgotten() }

        private var generation: UInt64 {
            var sum: UInt64 = 0
            // By place: what iterates a leg copies it, with a reference for each table of its book.
            for index in legs.indices { sum &+= legs[index].book.generation }
            return sum
        }

        private mutating func place(of subject: Subject) -> SubjectPlace {
            let place = subjects.place(of: subject, initial: SubjectState())
            let generation = generation
            if subjects[place].generation != generation {
                let routes = legs.map { $0.route(of: subject) }
                subjects[place].generation = generation
                subjects[place].routes = routes
                subjects[place].lastWanted = routes.lastIndex { $0.isWanted }
                subjects[place].isCounted = routes.contains { !$0.entries.isEmpty }
                subjects[place].isHeard = routes.contains { $0.isHeard }
            }
            return place
        }

        /// Who wants a subject; counts an envelope on it unless it is going to be sent.
        mutating func note(_ subject: Subject) -> Demand {
            let place = place(of: subject)
            if subjects[place].lastWanted != nil { return .wanted }
            guard subjects[place].isCounted else { return .none }
            count(place)
            return .counted
        }

        /// Gives an envelope its numbers and counts it.
        mutating func number(_ subject: Subject) -> (place: SubjectPlace, sequence: UInt64) {
            let place = place(of: subject)
            count(place)
            subjects[place].sequence += 1
            return (place, subjects[place].sequence)
        }

        /// Sends an envelope that was just numbered to every leg that leads to somebody who wants it.
        mutating func send(_ message: borrowing OutgoingMessage, at place: SubjectPlace) -> Aftermath {
            var aftermath = Aftermath(isFirstUnchecked: !isUnchecked)
            isUnchecked = true
            aftermath.isUnheard = !subjects[place].isHeard
            guard let last = subjects[place].lastWanted else {
                aftermath.isUnwanted = true
                return aftermath
            }
            for index in legs.indices where subjects[place].routes[index].isWanted {
                guard let socket = legs[index].socket else { continue }
                // The last one may take the frames over; the others get copies that share their memory.
                switch index == last ? socket.send(message) : message.withCopy({ socket.send($0) }) {
                case .sent: break
                case .sentExceptToFull: aftermath.fullQueues.append(legs[index].name)
                case .failed(let code): aftermath.code = code
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

    private enum Demand {
        /// Nobody has asked for it.
        case none
        /// Only buses that are away have.
        case counted
        case wanted
        case closed
    }

    /// What a send leaves to be done without the lock.
    private struct Aftermath {
        var isFirstUnchecked = false
        var fullQueues: [String] = []
        var code: Int32?
        var isUnwanted = false
        var isUnheard = false
        var isClosed = false
        var forgotten: ForgottenSubjects?
    }

    private static let subjectCapacity = 1 << 16
    /// Of the names of the subjects.
    private static let subjectBytes = 1 << 23

    private let state: Lock<State>
    private let origin: String
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
    private let hasInterest = Atomic<Bool>(false)

    /// Whether to ask who wants an envelope before it is encoded, which takes the lock once more: after one that nobody
    /// wanted, since most of what a program publishes may be of no interest elsewhere, until one is wanted.
    private let asksFirst = Atomic<Bool>(false)

    init(origin: String, maximumMessageSize: Int, asksWhoSubscribes: Bool, reporter: BusReporter, wakeUp: WakeUp) {
        self.origin = origin
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
        guard asksFirst.load(ordering: .relaxed) else { return try sendWanted(envelope) }
        switch demand(for: envelope.subject) {
        case .closed: throw .busClosed
        case .none: reporter.counters.unheard.add(1, ordering: .relaxed)
        case .counted: reporter.counters.sent.add(1, ordering: .relaxed)
        case .wanted:
            asksFirst.store(false, ordering: .relaxed)
            try sendWanted(envelope)
        }
    }

    private func demand(for subject: Subject) -> Demand {
        let (demand, isFirst, _) = state.withLock { state -> (Demand, Bool, ForgottenSubjects?) in
            guard state.isOpen else { return (.closed, false, nil) }
            let demand = state.note(subject)
            let forgotten = state.takeForgotten()
            guard demand == .counted, !state.isUnchecked else { return (demand, false, forgotten) }
            state.isUnchecked = true
            return (demand, true, forgotten)
        }
        if isFirst { wakeUp.wake() }
        return demand
    }

    private func sendWanted(_ envelope: Envelope) throws(EventError) {
        let aftermath = try JSONWriter.with { header throws(EventError) in
            try encoder.begin(&header, of: envelope)
            try check(header.count + EnvelopeEncoder.maximumEndCount, of: envelope)
            return try send(envelope, &header)
        }
        if aftermath.isFirstUnchecked { wakeUp.wake() }
        for name in aftermath.fullQueues { reporter.happened(.queueFull(endpoint: name)) }
        if aftermath.isClosed { throw .busClosed }
        if let code = aftermath.code { throw ZMQResult.failure("publish \(envelope.subject)", code) }
        if aftermath.isUnwanted { asksFirst.store(true, ordering: .relaxed) }
        if aftermath.isUnheard {
            reporter.counters.unheard.add(1, ordering: .relaxed)
        } else {
            reporter.counters.sent.add(1, ordering: .relaxed)
        }
    }

    private func send(_ envelope: Envelope, _ header: inout JSONWriter) throws(EventError) -> Aftermath {
        let result = envelope.subject.rawValue.withUTF8Bytes { subject in
            envelope.payload.withBytes { payload in
                Result { () throws(EventError) in
                    try OutgoingMessage.with(subject: subject, payload: payload) { message throws(EventError) in
                        try state.withLock { state throws(EventError) -> Aftermath in
                            guard state.isOpen else { return Aftermath(isClosed: true) }
                            let (place, sequence) = state.number(envelope.subject)
                            encoder.finish(&header, sequence: sequence, number: state.number)
                            try header.withBytes { bytes throws(EventError) in try message.setHeader(bytes) }
                            var aftermath = state.send(message, at: place)
                            aftermath.forgotten = state.takeForgotten()
                            return aftermath
                        }
                    }
                }
            }
        }
        return try result.get()
    }

    /// - Throws: ``EventError/transport(_:)`` for a payload above the limit.
    func check(_ envelope: Envelope) throws(EventError) {
        try check(envelope.payloadCount, of: envelope)
    }

    private func check(_ count: Int, of envelope: Envelope) throws(EventError) {
        guard count > maximumMessageSize else { return }
        let reason = "\(count) bytes exceed maximumMessageSize \(maximumMessageSize)"
        throw .transport(TransportFailure(operation: "publish \(envelope.subject)", reason: reason))
    }

    /// Lets nothing be published any more.
    func close() {
        state.withLock { $0.isOpen = false }
        hasInterest.store(true, ordering: .releasing)
    }

    // MARK: Sockets

    /// Adds the socket of a link with a book of its own.
    func add(_ watch: LinkWatch, _ socket: PublishingSocket, _ book: LedgerBook) {
        let leg = Leg(
            id: watch.id,
            name: watch.name,
            connects: watch.connects,
            patterns: watch.patterns,
            socket: socket,
            book: book
        )
        state.withLock { $0.legs.append(leg) }
    }

    /// Runs `body` on a socket, unless it is being replaced.
    func withSocket(_ id: Int, _ body: (borrowing ZMQSocket) throws(EventError) -> Void) throws(EventError) {
        try state.withLock { state throws(EventError) in
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket { try body(socket.socket) }
        }
    }

    /// Takes out a socket that is to be replaced: its monitor is stopped, and its peers are away.
    func removeSocket(_ id: Int, now: ContinuousClock.Instant) {
        state.withLock { state in
            guard let place = state.place(ofLeg: id) else { return }
            try? state.legs[place].socket?.socket.monitor(on: nil)
            state.legs[place].socket = nil
            state.legs[place].book.lostAllConnections(now: now)
        }
    }

    func replaceSocket(_ id: Int, by socket: PublishingSocket) {
        state.withLock { state in
            if let place = state.place(ofLeg: id) { state.legs[place].socket = socket }
        }
    }

    /// Tells buses for the last time what has been published for them: at first all, then those that have not said that
    /// they have read it, since a full queue drops it.
    ///
    /// - Returns: Whether anybody has still to say so.
    func tellLast(to everybody: Bool, now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            var isOwed = false
            for index in state.legs.indices {
                guard let socket = state.legs[index].socket else { continue }
                let owed = state.legs[index].book.takeDue(now, everybody: true)
                isOwed = isOwed || !owed.isEmpty
                for bus in everybody ? state.legs[index].book.inboxes : owed {
                    guard var message = state.message(to: bus, leg: index, from: origin, now: now) else { continue }
                    message.isLast = true
                    socket.tell(bus, message)
                }
            }
            return isOwed
        }
    }

    /// Stops the monitors and closes the sockets, which have so many milliseconds for what is under way.
    func removeAll(linger: Int) {
        state.withLock { state in
            for leg in state.legs {
                try? leg.socket?.socket.set(.linger, linger)
                try? leg.socket?.socket.monitor(on: nil)
            }
            state.legs = []
        }
    }

    /// What to poll the sockets by: never by the socket itself, which would be a use of it.
    var descriptors: [Int32] {
        state.withLock { state in state.legs.compactMap { try? $0.socket?.socket.descriptor } }
    }

    // MARK: The service thread

    /// Whether somebody has sent since the service thread last began to look.
    var isUnchecked: Bool { state.withLock { $0.isUnchecked } }

    /// The service thread begins to look for notices, at all sockets: what is sent from now on is looked after again.
    func beginCheck() {
        state.withLock { $0.isUnchecked = false }
    }

    /// Takes notices of subscriptions from a socket, until there are none or enough, and enters them in its book.
    ///
    /// - Returns: The notices, whether nothing was left, and the buses as which somebody who proved nothing has been there.
    func takeNotices(
        at id: Int,
        atMost limit: Int,
        now: ContinuousClock.Instant
    ) -> (notices: [SubscriptionNotice], isAll: Bool, displaced: [String]) {
        let (result, anyInterest) = state.withLock { state in
            var result: (notices: [SubscriptionNotice], isAll: Bool, displaced: [String]) = ([], true, [])
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket {
                (result.notices, result.isAll) = socket.takeNotices(atMost: limit)
                // Of a server that is connected to libzmq repeats what it says of itself.
                if !state.legs[place].connects { result.displaced = state.subscribers?.check(&result.notices) ?? [] }
                for notice in result.notices {
                    state.legs[place].book.enter(notice, at: UInt64(id), of: origin, number: state.number, now: now)
                }
            }
            return (result, state.legs.contains { !$0.book.isEmpty } || !state.isOpen)
        }
        // Before any answer: whoever gets one may tell a publisher to publish.
        hasInterest.store(anyInterest, ordering: .releasing)
        return result
    }

    /// Changes what is known of who has subscribed to what at a socket.
    func changeTopics(at id: Int, _ change: (inout HeldTopics) -> Void) {
        state.withLock { state in
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket { change(&socket.topics) }
        }
    }

    /// Tells buses what has been published for them, as far as it is time.
    ///
    /// - Returns: When to call again; `nil` when nobody is owed anything.
    func tellLedgers(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (due, next) = state.withLock { state in
            let next = state.legs.indices.compactMap { state.legs[$0].book.schedule(now) }.min()
            // Mostly nobody is to be told anything yet, and publishers wait meanwhile.
            guard let next, next <= now else { return ([(Int, String)](), next) }
            return (state.legs.indices.flatMap { i in state.legs[i].book.takeDue(now).map { (i, $0) } }, next)
        }
        guard !due.isEmpty else { return next }
        var rest = due[...]
        while !rest.isEmpty {
            // Some at a time, since publishers wait meanwhile.
            let some = rest.prefix(Self.toldAtOnce)
            rest = rest.dropFirst(Self.toldAtOnce)
            state.withLock { state in
                state.isUnchecked = true
                for (index, bus) in some where index < state.legs.count {
                    guard let socket = state.legs[index].socket,
                        let message = state.message(to: bus, leg: index, from: origin, now: now)
                    else { continue }
                    socket.tell(bus, message)
                }
            }
        }
        return state.withLock { state in
            state.legs.indices.compactMap { state.legs[$0].book.schedule(now) }.min()
        }
    }

    private static let toldAtOnce = 64
}

extension IdentityOwners {
    /// Takes the name of a bus from the notices of those whom it does not belong to.
    ///
    /// - Returns: The buses as which somebody has been there before who had proved nothing.
    fileprivate mutating func check(_ notices: inout [SubscriptionNotice]) -> [String] {
        var displaced: [String] = []
        for place in notices.indices {
            guard let bus = notices[place].peer?.bus, let user = notices[place].user else { continue }
            switch claim(bus, by: user) {
            case .own: break
            case .new(let displacesAnyone): if displacesAnyone { displaced.append(bus) }
            case .foreign: notices[place].isForeign = true
            }
        }
        return displaced
    }
}

extension [Pattern]? {
    /// Whether a subject goes out where these are all that does; where there are none, everything does.
    func sends(_ subject: Subject) -> Bool { self?.contains { $0.matches(subject) } ?? true }
}

extension Data? {
    /// Runs `body` on the bytes, of which nothing has none.
    fileprivate func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        guard let data = self else { return body(Span()) }
        return data.withSpan(body)
    }
}
