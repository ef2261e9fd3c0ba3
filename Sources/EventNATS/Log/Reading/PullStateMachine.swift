import EventCore

/// The decisions of a reader of a durable consumer: how many envelopes to ask the server for, who gets what comes, and what
/// is said about what waits here.
///
/// The server sends no more than it was asked for. Whoever waits is always asked for; what is asked for ahead of that is
/// bounded, kept alive while it waits here, and given back when nobody takes anything for long. What was asked for and does not
/// come is asked for anew in a new round; what an earlier round sends late is not counted.
struct PullStateMachine<Item: Sendable, Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What waits here.
    private struct Held: Sendable {
        var item: Item
        let sequence: UInt64
        var reply: [UInt8]
        /// When the server began to count its time.
        var counted: Instant
    }

    enum NextAction: Sendable {
        case hand(Item)
        case wait
        case end(EventError?)
    }

    enum ArrivalAction: Sendable {
        case hand(to: Waiter)
        case keep
        /// It has ended, and somebody else may have it.
        case giveBack
    }

    /// What to tell the server, as addresses of answers.
    struct Upkeep: Sendable {
        var extended: [[UInt8]] = []
        var givenBack: [[UInt8]] = []
    }

    /// How long the server keeps what it was asked for in mind, and how long to wait for its word that it does no longer.
    static var expiry: Duration { .seconds(5) }
    static var patience: Duration { .seconds(7) }

    private let ahead: Int
    /// How many are taken out at most; more are only asked for when somebody waits.
    private let expected: Int?
    private let acknowledgementWait: Duration
    private var held: ArraySlice<Held> = []
    private var waiters: [(number: UInt64, waiter: Waiter)] = []
    /// How many were asked for and have not come.
    private(set) var outstanding = 0
    private(set) var round: UInt64 = 1
    private var taken = 0
    private var asked: Instant
    private var lastTaken: Instant
    /// Whether nobody has taken anything for so long that nothing is asked for ahead.
    private var isAbandoned = false
    private var notBefore: Instant
    private var end: Result<Void, EventError>?

    /// - Parameters:
    ///   - ahead: How many may be asked for and held, beside those that are waited for, and one more.
    ///   - expected: How many will be taken out; `nil` when nobody knows.
    ///   - acknowledgementWait: After which time the server sends one again.
    ///   - now: The time.
    init(ahead: Int, expected: Int?, acknowledgementWait: Duration, now: Instant) {
        (self.ahead, self.expected, self.acknowledgementWait) = (ahead, expected, acknowledgementWait.bounded)
        (asked, lastTaken, notBefore) = (now, now, now)
    }

    /// How many may be here or on their way.
    private var target: Int {
        let unclaimed = expected.map { max(0, $0 - taken - waiters.count) } ?? .max
        return waiters.count + (isAbandoned ? 0 : min(ahead - 1, unclaimed))
    }

    // MARK: Reading

    /// Somebody wants one.
    mutating func next(_ number: UInt64, _ waiter: Waiter, now: Instant) -> NextAction {
        (lastTaken, isAbandoned) = (now, false)
        if let first = held.popFirst() {
            taken += 1
            return .hand(first.item)
        }
        switch end {
        case .success?: return .end(nil)
        case .failure(let error)?: return .end(error)
        case nil:
            waiters.append((number, waiter))
            return .wait
        }
    }

    /// Somebody wants none any more.
    ///
    /// - Returns: Who it is, when it waits.
    mutating func cancel(_ number: UInt64) -> Waiter? {
        waiters.firstIndex { $0.number == number }.map { waiters.remove(at: $0).waiter }
    }

    // MARK: The server

    /// How many to ask for now; `nil` for none.
    ///
    /// In large pieces, unless somebody waits for whom nothing is on its way.
    mutating func ask(now: Instant) -> Int? {
        let missing = target - held.count - outstanding
        guard end == nil, now >= notBefore, missing > 0 else { return nil }
        guard outstanding < waiters.count || missing * 2 >= target else { return nil }
        outstanding += missing
        asked = now
        return missing
    }

    /// One has come.
    ///
    /// A copy of one that waits here takes its place: the server takes the newer answer alone.
    mutating func arrived(
        _ item: Item,
        _ sequence: UInt64,
        reply: [UInt8],
        isAgain: Bool,
        from round: UInt64,
        now: Instant
    ) -> ArrivalAction {
        leftOut(from: round)
        guard end == nil else { return .giveBack }
        if isAgain, let place = held.firstIndex(where: { $0.sequence == sequence }) {
            held[place] = Held(item: item, sequence: sequence, reply: reply, counted: now)
            return .keep
        }
        if !waiters.isEmpty {
            taken += 1
            lastTaken = now
            return .hand(to: waiters.removeFirst().waiter)
        }
        held.append(Held(item: item, sequence: sequence, reply: reply, counted: now))
        return .keep
    }

    /// One has come that nobody is to get.
    mutating func leftOut(from round: UInt64) {
        if round == self.round { outstanding = max(0, outstanding - 1) }
    }

    /// The server does not keep in mind any longer that so many were asked for.
    mutating func expired(_ count: Int, from round: UInt64) {
        if round == self.round { outstanding = max(0, outstanding - count) }
    }

    /// What was asked for will not come.
    ///
    /// - Parameters:
    ///   - pause: How long not to ask.
    ///   - now: The time.
    mutating func beginRound(after pause: Duration, now: Instant) {
        round += 1
        (outstanding, notBefore) = (0, now + pause)
    }

    // MARK: Time

    /// Whether what was asked for should have come, or have been refused.
    func isOverdue(now: Instant) -> Bool { outstanding > 0 && now - asked > Self.patience }

    /// Lets time pass.
    ///
    /// - Returns: What to tell the server about what waits here; each is told of three times while its time runs.
    mutating func upkeep(now: Instant) -> Upkeep {
        var upkeep = Upkeep()
        guard !waiters.isEmpty || now - lastTaken <= acknowledgementWait * 10 else {
            guard !isAbandoned else { return upkeep }
            isAbandoned = true
            upkeep.givenBack = held.map(\.reply)
            held = []
            // What is on its way is not wanted either.
            beginRound(after: .zero, now: now)
            return upkeep
        }
        for place in held.indices where now - held[place].counted >= acknowledgementWait / 3 {
            held[place].counted = now
            upkeep.extended.append(held[place].reply)
        }
        return upkeep
    }

    /// Ends it.
    ///
    /// - Returns: Who waits, and what is to be given back; nothing, when it has ended already.
    mutating func finish(_ error: EventError?) -> (waiters: [Waiter], givenBack: [[UInt8]]) {
        if end == nil { end = error.map { .failure($0) } ?? .success(()) }
        defer { (waiters, held) = ([], []) }
        return (waiters.map(\.waiter), held.map(\.reply))
    }
}
