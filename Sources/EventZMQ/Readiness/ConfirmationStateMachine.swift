/// Finds out whether every connected publisher has the subscriptions that were made.
///
/// A round is a control topic that the bus subscribes to behind its other subscriptions; a publisher that sees it come
/// answers on it, through the same pipe. Every try is a new round, and the answer to a round stands for all before it.
/// Publishers are told apart by the connection that their answers come over. A connection over which nothing was ever
/// answered in time, such as that of a plain PUB socket, is not waited for until it does answer.
struct ConfirmationStateMachine<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action {
        /// Subscribe to the topic of a round.
        case begin(UInt64)
        /// Unsubscribe from the topic of a round.
        case end(UInt64)
        /// Go on; so many publishers have not confirmed.
        case resume(Waiter, unconfirmed: Int)
    }

    private struct Connection {
        /// Answers to earlier rounds came over another connection of the same descriptor.
        var firstRound: UInt64
        /// The greatest round that was answered; 0 when none was.
        var answered: UInt64 = 0
    }

    private struct Link {
        var connects: Bool
        /// How many connections have been established.
        var established = 0
        /// How many of those that never answered are not waited for.
        var silent = 0
        var isRefusing = false
        var connections: [Int32: Connection] = [:]

        var unknown: Int { max(0, established - connections.values.count { $0.answered > 0 }) }

        func unanswered(_ round: UInt64) -> Int {
            let late = connections.values.count { $0.answered > 0 && $0.answered < round }
            return late + max(0, unknown - silent)
        }

        func isAbsent(isOpening: Bool) -> Bool { connects && isOpening && established == 0 }
    }

    private struct Waiting {
        var id: UInt64
        var waiter: Waiter
        var round: UInt64
        var deadline: Instant
    }

    private static var maximumOutstanding: Int { 8 }
    private static var firstRetry: Duration { .milliseconds(100) }
    private static var lastRetry: Duration { .seconds(1) }

    private let timeout: Duration
    private let openUntil: Instant
    private var isOpening = true
    private var links: [Int: Link] = [:]
    /// In the order they came in, and so also by round and by deadline.
    private var waiting: [Waiting] = []
    private var lastRound: UInt64 = 0
    /// The first round that stands for the latest change; 0 before there was one.
    private var neededRound: UInt64 = 0
    private var outstanding: [UInt64] = []
    private var wantsRound = false
    private var retryAt: Instant
    private var retryDelay = Self.firstRetry
    /// Until when to try for the sake of a new connection that nobody waits for.
    private var tryUntil: Instant

    /// Begins with no link; endpoints to connect to are waited for until `timeout` from now.
    init(timeout: Duration, now: Instant) {
        self.timeout = timeout
        openUntil = now + timeout
        retryAt = now
        tryUntil = now
    }

    // MARK: Links

    /// Adds a socket; `connects` tells whether exactly one publisher is expected at it.
    mutating func add(_ link: Int, connects: Bool) {
        links[link] = Link(connects: connects)
    }

    /// A socket was replaced, and all its connections are gone.
    mutating func reset(_ link: Int, now: Instant) -> [Action] {
        if let connects = links[link]?.connects { links[link] = Link(connects: connects) }
        return settle(now)
    }

    mutating func handle(_ event: MonitorEvent, on link: Int, now: Instant) -> [Action] {
        guard var state = links[link] else { return [] }
        switch event {
        case .opened(let descriptor):
            state.connections[descriptor] = Connection(firstRound: lastRound + 1)
        case .established:
            state.established += 1
            wantsRound = true
            tryUntil = now + timeout
        case .refused:
            state.isRefusing = true
        case .disconnected(let descriptor):
            state.connections[descriptor] = nil
            if !state.isRefusing { state.established = max(0, state.established - 1) }
            state.isRefusing = false
        case .retried:
            break
        }
        state.silent = min(state.silent, state.unknown)
        links[link] = state
        return settle(now)
    }

    /// A publisher has answered.
    mutating func answered(_ round: UInt64, on link: Int, over descriptor: Int32, now: Instant) -> [Action] {
        guard var state = links[link], var connection = state.connections[descriptor],
            (connection.firstRound...max(lastRound, connection.firstRound)).contains(round)
        else { return [] }
        connection.answered = max(connection.answered, round)
        state.connections[descriptor] = connection
        state.silent = min(state.silent, state.unknown)
        links[link] = state
        return settle(now)
    }

    // MARK: Waiters

    /// The subscriptions have changed; what comes to wait from now on waits for a new round.
    mutating func changed() {
        neededRound = lastRound + 1
        wantsRound = true
    }

    /// Waits until every publisher has the latest change.
    mutating func wait(_ waiter: Waiter, id: UInt64, now: Instant) -> [Action] {
        waiting.append(Waiting(id: id, waiter: waiter, round: neededRound, deadline: now + timeout))
        return settle(now)
    }

    /// Forgets a waiter, which the caller resumes.
    mutating func forget(_ id: UInt64) -> Waiter? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: index).waiter
    }

    /// Forgets all waiters, which the caller resumes.
    mutating func forgetAll() -> [Waiter] {
        defer { waiting = [] }
        return waiting.map(\.waiter)
    }

    // MARK: Time

    /// When ``tick(_:)`` is to be called next.
    var deadline: Instant? {
        var instants: [Instant] = []
        if let first = waiting.first { instants = isOpening ? [first.deadline, openUntil] : [first.deadline] }
        if !outstanding.isEmpty, unanswered(neededRound) > 0 { instants.append(retryAt) }
        return instants.min()
    }

    mutating func tick(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        if isOpening, now >= openUntil {
            let absent = absentCount
            isOpening = false
            if absent > 0 { actions += resume(unconfirmed: absent) { $0.unanswered($1.round) == 0 } }
        }
        let late = resume { $1.deadline <= now }
        actions += late
        if !late.isEmpty { writeOffUnknown() }
        return actions + settle(now)
    }

    private var absentCount: Int { links.values.count { $0.isAbsent(isOpening: isOpening) } }

    private func unanswered(_ round: UInt64) -> Int { links.values.reduce(0) { $0 + $1.unanswered(round) } }

    private mutating func writeOffUnknown() {
        links = links.mapValues { link in
            var link = link
            link.silent = link.unknown
            return link
        }
    }

    /// Resumes the waiters that are due, of whom nobody came in after one who is not.
    private mutating func resume(
        unconfirmed: Int? = nil,
        where isDue: (ConfirmationStateMachine, Waiting) -> Bool
    ) -> [Action] {
        let due = waiting.prefix { isDue(self, $0) }
        guard !due.isEmpty else { return [] }
        waiting.removeFirst(due.count)
        return due.map { .resume($0.waiter, unconfirmed: unconfirmed ?? unanswered($0.round) + absentCount) }
    }

    /// Whether anybody wants to know about a connection that has not answered.
    private var isAsked: Bool { waiting.last.map { unanswered($0.round) > 0 } ?? false }

    private mutating func settle(_ now: Instant) -> [Action] {
        let isComplete = absentCount == 0
        var actions = resume { isComplete && $0.unanswered($1.round) == 0 }
        guard unanswered(neededRound) > 0 else {
            // One that was too slow before may be able to answer by now, and is waited for again when it does.
            let hasSilent = links.values.contains { $0.silent > 0 }
            actions += hasSilent ? (wantsRound ? begin(now) : []) : endAll()
            wantsRound = false
            return actions
        }
        guard isAsked || now < tryUntil else { return actions + endAll() }
        if wantsRound && outstanding.count < Self.maximumOutstanding || outstanding.isEmpty || now >= retryAt {
            actions += begin(now)
        }
        return actions
    }

    private mutating func endAll() -> [Action] {
        defer { outstanding = [] }
        return outstanding.map { .end($0) }
    }

    private mutating func begin(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        retryDelay = outstanding.isEmpty ? Self.firstRetry : min(retryDelay * 2, Self.lastRetry)
        retryAt = now + retryDelay
        if outstanding.count >= Self.maximumOutstanding { actions.append(.end(outstanding.removeFirst())) }
        lastRound += 1
        wantsRound = false
        outstanding.append(lastRound)
        return actions + [.begin(lastRound)]
    }
}

extension ConfirmationStateMachine.Action: Equatable where Waiter: Equatable {}
