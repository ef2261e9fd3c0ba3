import EventCore
import EventTransport

/// A bus written for being read, which keeps every rule except the one its fault breaks.
final class FaultyBus: Bus {
    struct Listener: Sendable {
        let mailbox: Mailbox
        let pattern: Pattern
        var group: FaultyGroup?
        let predicate: (@Sendable (Envelope) -> Bool)?
    }

    struct State {
        var listeners: [Listener] = []
        var idCount = 0
        var lastID = SubscriptionID()
        var isClosed = false
        var calls = 0
        var closers: [CheckedContinuation<Void, Never>] = []
        // What only some faults need.
        var held: Envelope?
        var routes: [Subject: [Listener]] = [:]
        var routesElsewhere: [Subject: [Listener]] = [:]
        var late: [Listener] = []
        var answers: [SubscriptionID: (isYes: Bool, time: ContinuousClock.Instant)] = [:]
        var retained: [Subscription] = []
        var retainedPredicates: [(@Sendable (Envelope) -> Bool)?] = []
        var lastEnvelope = 0
        var trace: Trace?
        var isAsking = false
        var isDeadlocked = false
        var ended: Set<SubscriptionID> = []
        var seen: Set<String> = []
        var groups: [String: FaultyGroup] = [:]
        /// How many publishers wait for room, and what tells them that a subscription has ended.
        var waiting = 0
        var wakers: [AsyncThrowingStream<Void, any Error>.Continuation] = []
        /// Mailboxes whose capacity does not count yet, and members that are none yet.
        var unbounded: [(mailbox: Mailbox, capacity: Int)] = []
        var joiners: [Mailbox] = []
    }

    let fault: Fault?
    let observer: FaultyObserver
    let state = Lock(State())
    let isObserved: Bool

    typealias Trace = (traceID: String?, spanID: String?)

    init(observer: (any Observer)?, fault: Fault? = nil) {
        isObserved = observer != nil
        self.observer = FaultyObserver(observer, fault: fault)
        self.fault = fault
        let made = Envelope(subject: "made")
        if fault == .fillsMakersTrace { state.withLock { $0.trace = (made.traceID, made.spanID) } }
    }

    var droppedCount: Int { observer.droppedCount }

    // MARK: Publishing

    func publish(_ envelope: Envelope) async throws {
        let prepared = remembering(try envelope.prepared(with: fault), unfilled: envelope)
        guard beginCall() else { return try refuse(prepared) }
        defer { endCall() }
        if fault == .discardsLastWords, Task.isCancelled { return }
        letJoinersIn()

        // Before it is announced: who matches then is accounted for, whatever ends meanwhile.
        let route = route(of: prepared.subject)
        let isHeard = !route.isEmpty
        if fault == .throwsWithoutSubscriptions, !isHeard { throw EventError.invalidConfiguration("nobody listens") }
        let isAnnouncedNow = fault != .announcesLate && (fault != .announcesOnlyMatches || isHeard)
        if isAnnouncedNow { observer.onPublish(prepared) }
        for due in due(after: prepared) { try await fanOut(due, unfilled: envelope, to: route) }
        if fault == .announcesLate { observer.onPublish(prepared) }
    }

    /// The envelope with what a bus with a fault knows of others.
    private func remembering(_ envelope: Envelope, unfilled: Envelope) -> Envelope {
        if fault == .fillsOnlyObserved, !isObserved { return unfilled }
        var envelope = envelope
        state.withLock { state in
            state.lastEnvelope += 1
            if fault == .countsIDs, unfilled.id.isEmpty { envelope.id = "e\(state.lastEnvelope)" }
            guard fault == .fillsMakersTrace || fault == .remembersTrace else { return }
            if fault == .remembersTrace, envelope.traceID != nil { state.trace = (envelope.traceID, envelope.spanID) }
            if unfilled.traceID == nil, let trace = state.trace { (envelope.traceID, envelope.spanID) = trace }
        }
        return envelope
    }

    private func refuse(_ envelope: Envelope) throws {
        if fault == .announcesWhenClosed { observer.onPublish(envelope) }
        if fault == .callsBackWhenClosed {
            observer.onDrop(envelope, from: state.withLock(\.lastID), reason: .closed)
        }
        if fault == .prefersCancellation { try Task.checkCancellation() }
        if fault != .publishesWhenClosed { throw EventError.busClosed }
    }

    /// What is to be fanned out now that an envelope has been published.
    private func due(after envelope: Envelope) -> [Envelope] {
        switch fault {
        case .duplicates:
            return [envelope, envelope]
        case .losesRepeatedIDs:
            return state.withLock { $0.seen.insert(envelope.id).inserted } ? [envelope] : []
        case .lagsByOne, .swapsPairs:
            let held = state.withLock { state in
                defer { state.held = fault == .swapsPairs && state.held != nil ? nil : envelope }
                return state.held
            }
            guard let held else { return [] }
            return fault == .lagsByOne ? [held] : [envelope, held]
        default:
            return [envelope]
        }
    }

    private func fanOut(_ envelope: Envelope, unfilled: Envelope, to route: [Listener]) async throws {
        var full: [Mailbox] = []
        defer {
            let unbounded = state.withLock { state in
                state.listeners += state.late
                state.late = []
                defer { state.unbounded = [] }
                return state.unbounded
            }
            for (mailbox, capacity) in unbounded { mailbox.begin(capacity: capacity) }
        }
        for listener in route where listener.group == nil {
            if fault == .forgetsMatchesWhenClosed, state.withLock(\.isClosed) { return }
            let isAccepted = accepts(fault == .fillsAfterPredicates ? unfilled : envelope, listener)
            if state.withLock(\.isDeadlocked) { await hang() }
            if fault == .throwsAfterPredicate, listener.predicate != nil, state.withLock(\.isClosed) {
                throw EventError.busClosed
            }
            let envelope = fault == .fillsForEach ? unfilled.filledForPublishing() : envelope
            guard isAccepted else {
                if fault == .reportsRefused { listener.mailbox.drop(envelope) }
                continue
            }
            guard offer(envelope, to: listener.mailbox) == .full else { continue }
            switch fault {
            case .blockDrops: listener.mailbox.drop(envelope)
            case .blockDelaysOthers: try await wait(with: envelope, at: [listener.mailbox])
            default: full.append(listener.mailbox)
            }
        }
        let groups = offer(envelope, toGroupsOf: route)
        if !full.isEmpty || !groups.isEmpty { try await wait(with: envelope, at: full, groups) }
    }

    /// Offers an envelope to each group.
    ///
    /// - Returns: Those that are full, and whose publisher should wait.
    private func offer(_ envelope: Envelope, toGroupsOf route: [Listener]) -> [MailboxGroup.Ballot] {
        var offered: Set<ObjectIdentifier> = []
        return route.compactMap { listener in
            guard let group = listener.group, offered.insert(ObjectIdentifier(group)).inserted else { return nil }
            let mailboxes = route.filter { $0.group === group }.map(\.mailbox)
            return group.offer(envelope, among: mailboxes, with: fault)
        }
    }

    private func route(of subject: Subject) -> [Listener] {
        let isElsewhere = isElsewhere
        return state.withLock { state in
            if fault == .remembersRoutes, let route = state.routes[subject] { return route }
            if isElsewhere, let route = state.routesElsewhere[subject] { return route }
            var route = state.listeners.filter { $0.pattern.matches(subject, with: fault) }
            if fault == .servesNamesOnce {
                var names: Set<String> = []
                route.removeAll { $0.mailbox.info.name.map { !names.insert($0).inserted } ?? false }
            }
            if fault == .remembersRoutes { state.routes[subject] = route }
            if fault == .remembersRoutesElsewhere, isElsewhere { state.routesElsewhere[subject] = route }
            return Array(route.prefix(fault == .servesFirstOnly ? 1 : fault == .servesFew ? 64 : .max))
        }
    }

    /// Whether the task runs on threads of its own.
    private var isElsewhere: Bool {
        unsafe withUnsafeCurrentTask { unsafe $0?.unownedTaskExecutor != nil }
    }

    private func accepts(_ envelope: Envelope, _ listener: Listener) -> Bool {
        guard let predicate = listener.predicate, fault != .ignoresPredicates else { return true }
        if fault == .asksTwice { _ = predicate(envelope) }
        if let answer = state.withLock({ $0.answers[listener.mailbox.id] }) {
            let isRecent = answer.time.duration(to: .now) < .seconds(1)
            if fault == .remembersAnswers || (fault == .remembersAnswersBriefly && isRecent) { return answer.isYes }
        }
        state.withLock { $0.isAsking = true }
        // It may close the bus and wait for that, so meanwhile this is no call in progress.
        if fault != .waitsForPredicates { endCall() }
        let answer = predicate(envelope)
        if fault != .waitsForPredicates { state.withLock { $0.calls += 1 } }
        state.withLock { state in
            state.isAsking = false
            state.answers[listener.mailbox.id] = (answer, .now)
        }
        return answer
    }

    private func offer(_ envelope: Envelope, to mailbox: Mailbox) -> Mailbox.Outcome {
        guard fault == .callsBackUnderLock else { return mailbox.offer(envelope) }
        return observer.lock.withLock { _ in mailbox.offer(envelope) }
    }

    private func wait(
        with envelope: Envelope,
        at mailboxes: [Mailbox],
        _ groups: [MailboxGroup.Ballot] = []
    ) async throws {
        if fault == .cancelsSecondOffer {
            for mailbox in mailboxes where mailbox.offer(envelope) == .delivered { throw CancellationError() }
        }
        var mailboxes = mailboxes
        if fault == .forgetsFullThatEnded {
            let ended = state.withLock(\.ended)
            mailboxes.removeAll { ended.contains($0.id) }
        }
        let parked = ParkedPublish()
        observer.waits(envelope)
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        for mailbox in fault == .blockWaitsForOne ? mailboxes.prefix(1) : mailboxes[...] {
            mailbox.park(envelope, for: parked)
        }
        for ballot in groups {
            if fault == .groupsWaitForOne, let one = state.withLock({ $0.listeners.first { $0.group != nil }?.mailbox })
            {
                one.park(envelope, for: parked)
            } else {
                ballot.group.park(envelope, for: parked, ballot)
            }
        }
        switch fault {
        case .ignoresCancellation: try await Task { try await parked.wait() }.value
        case .abandonsCancelled: try await abandoningWhenCancelled { _ in try await parked.wait() }
        case .stopsWaitingAtFirstEnd:
            try await abandoningWhenCancelled { waker in
                self.state.withLock { $0.wakers.append(waker) }
                try await parked.wait()
            }
        case .cancelsTaken:
            do {
                try await parked.wait()
            } catch is CancellationError {
                for mailbox in mailboxes { observer.onDrop(envelope, from: mailbox.id, reason: .cancelled) }
                throw CancellationError()
            }
        default: try await parked.wait()
        }
        if fault == .closesBusWithSubscription, state.withLock({ !$0.ended.isDisjoint(with: mailboxes.map(\.id)) }) {
            throw EventError.busClosed
        }
    }

    /// Lets work go on without a task that is cancelled.
    private func abandoningWhenCancelled(
        _ work: @escaping @Sendable (AsyncThrowingStream<Void, any Error>.Continuation) async throws -> Void
    ) async throws {
        let (ends, continuation) = AsyncThrowingStream.makeStream(of: Void.self)
        Task {
            do {
                try await work(continuation)
                continuation.yield()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await _ in ends { return }
        throw CancellationError()
    }

    /// Stands for a deadlock, except that it ends when the task is cancelled.
    func hang() async {
        for await _ in AsyncStream.makeStream(of: Void.self).stream {}
    }

    // MARK: Closing

    func close() async {
        if fault == .staysOpenWhenCancelled, Task.isCancelled { return }
        let (mailboxes, isFirst) = state.withLock { state in
            guard !state.isClosed else { return ([Mailbox](), false) }
            state.isClosed = true
            state.calls += 1  // Another one to close the bus waits for this.
            return (state.listeners.map(\.mailbox), true)
        }
        if fault == .retainsPredicatesWhenClosed {
            state.withLock { state in state.retainedPredicates += state.listeners.map(\.predicate) }
        }
        if fault == .closesOnce, !isFirst { await hang() }
        if fault == .returnsFromSecondClose, !isFirst { return }
        for mailbox in mailboxes {
            switch fault {
            case .keepsSubscriptions: break
            case .discardsBuffers: mailbox.cancel()
            case .freesPublishers: mailbox.close(.closed)
            default: mailbox.close(.busClosed)
            }
            tellEnd(of: mailbox)
        }
        if isFirst { endCall() }
        guard fault != .keepsSubscriptions, fault != .abandonsCallbacks else { return }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.calls > 0 { state.closers.append(continuation) }
                return state.calls == 0
            }
            if isIdle { continuation.resume() }
        }
    }

    func beginCall() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.calls += 1
            return true
        }
    }

    func endCall() {
        let closers = state.withLock { state in
            state.calls -= 1
            guard state.calls == 0, state.isClosed else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
