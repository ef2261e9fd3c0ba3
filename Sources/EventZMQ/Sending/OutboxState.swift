import EventCore
import EventTransport
import LinkRuntime

/// What the lock of the outbox guards.
extension Outbox {
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
    struct SubjectState: Sendable {
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

    typealias SubjectPlace = RecentTable<Subject, SubjectState>.Place
    typealias ForgottenSubjects = RecentTable<Subject, SubjectState>.Generation

    struct State: Sendable {
        var legs: [Leg] = []
        /// Envelopes that were counted, so that ledgers can say which ones they mean.
        var number: UInt64 = 0
        /// Whether there was a send since the service thread last looked.
        var isUnchecked = false
        var isOpen = true
        /// Who the buses are that subscribe, where peers have to prove anything.
        var subscribers: IdentityOwners?

        /// What is to leave together; sent before anything else is, so that all arrives in order.
        private var batch: EnvelopeBatch?
        private let underWay = EnvelopeBatch.UnderWay()
        /// So many envelopes may be in batches that have not left.
        private let batchedLimit: Int
        /// Whether the service thread has been asked to send the batch.
        private var isFlushAsked = false
        private var meter: BusyMeter
        /// What was sent last, or added to the batch.
        private var lastSubject: Subject?
        /// Whether nobody has been here who takes no message as long as a batch.
        private var allowsBatches = true
        /// What came of batches, for the service thread to tell.
        private var batchOutcome = BatchOutcome()

        init(batchedLimit: Int, busyLimit: Int, asksWhoSubscribes: Bool) {
            subscribers = asksWhoSubscribes ? IdentityOwners() : nil
            self.batchedLimit = batchedLimit
            meter = BusyMeter(limit: busyLimit)
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

        /// What is known of a subject, brought up to date.
        mutating func place(of subject: Subject) -> SubjectPlace {
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
        func wanted(at place: SubjectPlace) -> Encoding { subjects[place].wanted }

        /// What somebody wants a subject as; counts an envelope on it unless it is going to be sent.
        mutating func note(at place: SubjectPlace) -> Demand {
            if !subjects[place].wanted.isEmpty { return .wanted(subjects[place].wanted) }
            guard subjects[place].isCounted else { return .none }
            count(place)
            return .counted(wakes: isFirstUnchecked())
        }

        /// Whether the service thread does not know yet that there was a send since it last looked.
        private mutating func isFirstUnchecked() -> Bool {
            defer { isUnchecked = true }
            return !isUnchecked
        }

        // MARK: Batches

        var hasBatch: Bool { batch != nil }

        /// Whether envelopes may leave together.
        var mayBatch: Bool { meter.isBusy && allowsBatches && underWay.envelopeCount < batchedLimit }

        /// Adds an envelope that somebody wants to those that leave together.
        ///
        /// - Parameters:
        ///   - subject: Its subject.
        ///   - place: Where what is known of that is.
        ///   - append: Adds it to a batch with its number, if there is room.
        /// - Returns: What is left to be done; `nil` when it has to leave alone.
        mutating func addToBatch(
            on subject: Subject,
            at place: SubjectPlace,
            _ append: (EnvelopeBatch, UInt64) -> Bool
        ) -> Aftermath? {
            // The first of a run leaves alone, and so does each where the subject changes all the time.
            guard mayBatch, subject == lastSubject else { return nil }
            var place = place
            if let batch, !append(batch, number + 1) {
                sendBatch()
                place = self.place(of: subject)
            }
            if batch == nil {
                let new = EnvelopeBatch(of: subject, underWay)
                guard append(new, number + 1) else { return nil }
                batch = new
            }
            _ = number(at: place)
            meter.sent()
            defer { isFlushAsked = true }
            return Aftermath(
                wakes: !isFlushAsked,
                isUnheard: !subjects[place].isHeard,
                wanted: subjects[place].wanted
            )
        }

        /// Notes which subject is sent on.
        ///
        /// - Returns: Whether the last one was the same, and the next one of it may be added to a batch.
        mutating func isRun(of subject: Subject) -> Bool {
            defer { lastSubject = subject }
            return subject == lastSubject && mayBatch
        }

        /// Sends what has been put together, if anything has, before something else is sent.
        mutating func sendBatch() {
            guard let batch = batch.take() else { return }
            batch.seal()
            do throws(EventError) {
                try OutgoingMessage.with { message throws(EventError) in
                    try message.setCompact(batch)
                    batchOutcome.add(send(message, at: place(of: batch.subject)), on: batch.subject)
                }
            } catch {
                batchOutcome.add(error)
            }
        }

        /// Sends what has been put together; from now on the service thread has to be asked again.
        ///
        /// - Returns: What came of this and earlier batches.
        mutating func flush() -> BatchOutcome {
            sendBatch()
            isFlushAsked = false
            defer { batchOutcome = BatchOutcome() }
            return batchOutcome
        }

        /// Somebody has come who takes no message as long as a batch.
        mutating func allowNoBatches() {
            allowsBatches = false
        }

        /// The service thread begins to look for notices: what is sent from now on is looked after again.
        ///
        /// - Returns: Whether the sockets are busy.
        mutating func beginCheck() -> Bool {
            isUnchecked = false
            meter.look()
            return meter.isBusy
        }

        // MARK: Sending

        /// Gives an envelope its numbers and counts it.
        mutating func number(at place: SubjectPlace) -> UInt64 {
            count(place)
            subjects[place].sequence += 1
            return subjects[place].sequence
        }

        /// Sends an envelope that was just numbered to every leg that leads to somebody who wants it.
        mutating func send(_ message: borrowing OutgoingMessage, at place: SubjectPlace) -> Aftermath {
            var aftermath = Aftermath(
                wakes: isFirstUnchecked(),
                isUnheard: !subjects[place].isHeard,
                wanted: subjects[place].wanted
            )
            meter.sent()
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
    enum Demand {
        /// Nobody has asked for it.
        case none
        /// Only buses that are away have.
        case counted(wakes: Bool)
        /// It has to be encoded so, and was not.
        case wanted(Encoding)
        case sent(Aftermath)
        case closed
    }

    /// What a send leaves to be done without the lock.
    struct Aftermath: Sendable {
        /// Whether the service thread has to be woken.
        var wakes = false
        var isUnheard = false
        /// What it was wanted as.
        var wanted: Encoding = []
        private(set) var fullQueues: [String] = []
        /// Why libzmq has refused it.
        private(set) var code: Int32?
        var forgotten: ForgottenSubjects?

        mutating func add(_ outcome: PublishingSocket.Outcome, at name: String) {
            switch outcome {
            case .sent: break
            case .sentExceptToFull: if fullQueues.last != name { fullQueues.append(name) }
            case .failed(let code): self.code = code
            }
        }
    }

    /// What came of batches.
    struct BatchOutcome: Sendable {
        private(set) var fullQueues: [String] = []
        private(set) var failure: EventError?

        mutating func add(_ aftermath: Aftermath, on subject: Subject) {
            for name in aftermath.fullQueues where !fullQueues.contains(name) { fullQueues.append(name) }
            if let code = aftermath.code { add(Outbox.failure(on: subject, code)) }
        }

        mutating func add(_ failure: EventError) {
            self.failure = self.failure ?? failure
        }
    }

    /// Why an envelope on a subject could not be sent.
    static func failure(on subject: Subject, _ code: Int32) -> EventError {
        ZMQResult.failure("publish \(subject)", code)
    }

    private static let subjectCapacity = 1 << 16
    /// Of the names of the subjects.
    private static let subjectBytes = 1 << 23
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
