import EventCore
import EventTransport

/// A bus written for being read, which keeps every rule except the one its fault breaks.
final class FaultyBus: Bus {
    private struct Listener: Sendable {
        let mailbox: Mailbox
        let pattern: Pattern
        let predicate: (@Sendable (Envelope) -> Bool)?
    }

    private struct State {
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
    }

    private let fault: Fault?
    private let observer: FaultyObserver
    private let state = Lock(State())
    private let callbackLock = Lock(())
    private let isObserved: Bool

    private typealias Trace = (traceID: String?, spanID: String?)

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
            state.withLock { state in
                state.listeners += state.late
                state.late = []
            }
        }
        for listener in route {
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
        if !full.isEmpty { try await wait(with: envelope, at: full) }
    }

    private func route(of subject: Subject) -> [Listener] {
        let isElsewhere = isElsewhere
        return state.withLock { state in
            if fault == .remembersRoutes, let route = state.routes[subject] { return route }
            if isElsewhere, let route = state.routesElsewhere[subject] { return route }
            let route = state.listeners.filter { $0.pattern.matches(subject, with: fault) }
            state.routes[subject] = route
            if fault == .remembersRoutesElsewhere, isElsewhere { state.routesElsewhere[subject] = route }
            return fault == .servesFirstOnly ? Array(route.prefix(1)) : route
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
        let answer = predicate(envelope)
        state.withLock { state in
            state.isAsking = false
            state.answers[listener.mailbox.id] = (answer, .now)
        }
        return answer
    }

    private func offer(_ envelope: Envelope, to mailbox: Mailbox) -> Mailbox.Outcome {
        guard fault == .callsBackUnderLock else { return mailbox.offer(envelope) }
        return callbackLock.withLock { _ in mailbox.offer(envelope) }
    }

    private func wait(with envelope: Envelope, at mailboxes: [Mailbox]) async throws {
        if fault == .cancelsSecondOffer {
            for mailbox in mailboxes where mailbox.offer(envelope) == .delivered { throw CancellationError() }
        }
        let parked = ParkedPublish()
        observer.waits(envelope)
        for mailbox in fault == .blockWaitsForOne ? mailboxes.prefix(1) : mailboxes[...] {
            mailbox.park(envelope, for: parked)
        }
        switch fault {
        case .ignoresCancellation: try await Task { try await parked.wait() }.value
        case .abandonsCancelled: try await abandoningWhenCancelled { try await parked.wait() }
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
    private func abandoningWhenCancelled(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let (ends, continuation) = AsyncThrowingStream.makeStream(of: Void.self)
        Task {
            do {
                try await work()
                continuation.yield()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await _ in ends { return }
        throw CancellationError()
    }

    /// Stands for a deadlock, except that it ends when the task is cancelled.
    private func hang() async {
        for await _ in AsyncStream.makeStream(of: Void.self).stream {}
    }

    // MARK: Subscribing

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        if fault == .refusesMaximum, options.bufferCapacity == SubscriptionOptions.maximumBufferCapacity {
            throw EventError.invalidConfiguration("too much")
        }
        let capacity = fault == .acceptsAnyCapacity ? 1 : try options.validatedCapacity()
        let isInside = beginCall()
        defer { if isInside { endCall() } }
        guard isInside || fault == .subscribesWhenClosed else { throw EventError.busClosed }
        let info = SubscriptionInfo(
            id: makeID(),
            pattern: fault == .widensPatterns ? ">" : pattern,
            name: fault == .losesNames ? nil : options.name,
            bufferCapacity: capacity,
            backpressure: policy(for: options),
            hasPredicate: options.predicate != nil
        )
        let isSilent = fault == .evictsSilently && options.backpressure == .dropOldest
        let mailbox = Mailbox(
            info,
            capacity: fault == .countsCapacityEarly ? capacity : SubscriptionOptions.maximumBufferCapacity,
            observer: isSilent ? SilentObserver(observer: observer) : observer
        ) { [weak self] mailbox in
            self?.remove(mailbox)
        }
        observer.onSubscribe(info)
        let opening = OpeningSubscription(mailbox, capacity: self.capacity(capacity, for: options))
        await add(Listener(mailbox: mailbox, pattern: pattern, predicate: options.predicate))
        if isInside, state.withLock(\.isClosed) {
            mailbox.close(.busClosed)
            tellEnd(of: mailbox)
            throw EventError.busClosed
        }
        for _ in 0..<4 { await Task.yield() }  // A bus that is linked with others would wait for them.
        let subscription = opening.begin()
        if fault == .retainsSubscriptions { state.withLock { $0.retained.append(subscription) } }
        return subscription
    }

    private func makeID() -> SubscriptionID {
        state.withLock { state in
            state.idCount += 1
            switch fault {
            case .repeatsIDs: state.lastID = SubscriptionID(rawValue: "s\(state.idCount % 10)")
            case .numbersIDsByBus: state.lastID = SubscriptionID(rawValue: "s\(state.idCount)")
            default: state.lastID = SubscriptionID()
            }
            return state.lastID
        }
    }

    private func add(_ listener: Listener) async {
        let before = state.withLock(\.listeners)
        if fault == .losesConcurrentSubscribes {
            for _ in 0..<20 { await Task.yield() }
        }
        state.withLock { state in
            switch fault {
            case .subscribesLate: state.late.append(listener)
            case .losesConcurrentSubscribes: state.listeners = before + [listener]
            default: state.listeners.append(listener)
            }
        }
    }

    private func capacity(_ capacity: Int, for options: SubscriptionOptions) -> Int {
        switch fault {
        case .ignoresCapacity: SubscriptionOptions.defaultBufferCapacity
        case .replacesZeroByOne where options.bufferCapacity <= 0: 1
        default: capacity
        }
    }

    private func policy(for options: SubscriptionOptions) -> BackpressurePolicy {
        switch (fault, options.backpressure) {
        case (.dropsOldestAlways, .dropNewest): .dropOldest
        case (.dropNewestWaits, .dropNewest): .block
        case (.dropsNewestAlways, .dropOldest): .dropNewest
        default: options.backpressure
        }
    }

    private func remove(_ mailbox: Mailbox) {
        if fault == .callsBackUnderLock { callbackLock.withLock { _ in } }
        // When the bus is closing, that tells what it finds, which this is as long as it has not been removed.
        if beginCall() {
            tellEnd(of: mailbox)
            endCall()
        }
        let removed = state.withLock { state in
            if fault == .asksUnderLock, state.isAsking { state.isDeadlocked = true }
            state.ended.insert(mailbox.id)
            guard fault != .forgetsUnsubscribing else { return [Listener]() }
            let removed = state.listeners.filter { $0.mailbox == mailbox }
            state.listeners.removeAll { $0.mailbox == mailbox }
            if fault == .retainsPredicates { state.retainedPredicates += removed.map(\.predicate) }
            return removed
        }
        withExtendedLifetime(removed) {}
    }

    private func tellEnd(of mailbox: Mailbox) {
        guard let end = mailbox.claimEnd() else { return }
        guard fault == .callsBackUnderLock else { return observer.onEnd(mailbox.info, reason: end) }
        callbackLock.withLock { _ in observer.onEnd(mailbox.info, reason: end) }
    }

    // MARK: Closing

    func close() async {
        let (mailboxes, isFirst) = state.withLock { state in
            guard !state.isClosed else { return ([Mailbox](), false) }
            state.isClosed = true
            state.calls += 1  // Another one to close the bus waits for this.
            return (state.listeners.map(\.mailbox), true)
        }
        if fault == .closesOnce, !isFirst { await hang() }
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

    private func beginCall() -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.calls += 1
            return true
        }
    }

    private func endCall() {
        let closers = state.withLock { state in
            state.calls -= 1
            guard state.calls == 0, state.isClosed else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
