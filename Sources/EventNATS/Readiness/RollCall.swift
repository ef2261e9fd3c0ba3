/// Asks one bus on every other server of a cluster whether it is there, after a subscription.
///
/// The server of this bus writes the new interest and then the question to the same connection with the other server, which
/// works through it in order. So a bus that has read the question sits on a server that knows the interest. A bus that does
/// not answer in time is passed over for another one on its server; where nobody listens at an inbox, the own server says
/// so, and twice as many are asked next. Anybody may say of any number of buses that they are at a server; one where too many
/// are not there is given up, and counts as missing.
struct RollCall<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A question to be sent.
    struct Question: Hashable, Sendable {
        var bus: String
        var token: UInt64
    }

    /// A call that is over.
    struct Outcome: Sendable {
        var waiters: [Waiter]
        /// The servers that answered, and those that did not, by how people call them.
        var confirmed: [String]
        var missing: [String]
    }

    /// A server that has not answered.
    private struct Server: Sendable {
        let endpoint: String
        let buses: [String]
        /// Those at whose inboxes nobody listens.
        var gone: Set<String> = []
        /// Those that were asked last and may answer.
        var asked: Set<String> = []
        /// Who is asked next, and how many.
        var cursor = 0
        var width = 1
        var nextAt: Instant

        /// The next ones to ask.
        mutating func takeNext(atMost limit: Int) -> [String] {
            var next: [String] = []
            for _ in buses.indices {
                guard next.count < min(width, limit) else { break }
                let bus = buses[cursor]
                cursor = (cursor + 1) % buses.count
                if !gone.contains(bus) { next.append(bus) }
            }
            asked = Set(next)
            return next
        }

        var hasNobody: Bool { gone.count == buses.count }

        /// Nobody listens at the inbox of a bus.
        ///
        /// - Returns: Whether the next ones are to be asked at once.
        mutating func lose(_ bus: String, now: Instant) -> Bool {
            gone.insert(bus)
            guard asked.remove(bus) != nil, asked.isEmpty, !hasNobody else { return false }
            (width, nextAt) = (min(width * 2, RollCall.maximumQuestions), now)
            return true
        }
    }

    private struct Call: Sendable {
        var waiters: [Waiter]
        /// By id; who has answered is taken out.
        var missing: [String: Server]
        /// The ids, in the order in which they are asked, and the server that each bus is at.
        let order: [String]
        let homes: [String: String]
        var confirmed: [String]
        var givenUp: [String] = []
        var nextAt: Instant
        var deadline: Instant
    }

    /// How long to wait before another bus is asked.
    static var patience: Duration { .milliseconds(50) }
    /// How many questions a call asks at once.
    static var maximumQuestions: Int { 1024 }
    /// How many buses may be found not to be there before their server is given up.
    static var maximumGone: Int { 255 }

    private var calls: [UInt64: Call] = [:]
    private var lastToken: UInt64 = 0

    var isEmpty: Bool { calls.isEmpty }

    /// When ``due(_:)`` is to be called next.
    var deadline: Instant? { calls.values.map { min($0.nextAt, $0.deadline) }.min() }

    /// Begins a call; `own` is how people call the server of this bus, which has confirmed already.
    ///
    /// - Complexity: O(*n*) in the number of buses on the other servers.
    mutating func begin(
        _ waiters: [Waiter],
        own: String,
        servers: [PeerList.Server],
        now: Instant,
        deadline: Instant
    ) -> (questions: [Question], done: Outcome?) {
        guard !servers.isEmpty else { return ([], Outcome(waiters: waiters, confirmed: [own], missing: [])) }
        lastToken += 1
        var missing: [String: Server] = [:]
        var homes: [String: String] = [:]
        for server in servers {
            missing[server.id] = Server(endpoint: server.endpoint, buses: server.buses, nextAt: now)
            for bus in server.buses { homes[bus] = server.id }
        }
        calls[lastToken] = Call(
            waiters: waiters,
            missing: missing,
            order: servers.map(\.id),
            homes: homes,
            confirmed: [own],
            nextAt: now,
            deadline: deadline
        )
        return (ask(lastToken, now), nil)
    }

    /// Asks on those servers of a call where it is time to.
    private mutating func ask(_ token: UInt64, _ now: Instant) -> [Question] {
        guard var call = calls.removeValue(forKey: token) else { return [] }
        defer { calls[token] = call }
        var questions: [Question] = []
        var next = now + Self.patience
        for id in call.order {
            guard let nextAt = call.missing[id]?.nextAt else { continue }
            guard nextAt <= now, questions.count < Self.maximumQuestions else {
                next = min(next, nextAt)
                continue
            }
            let buses = call.missing[id]?.takeNext(atMost: Self.maximumQuestions - questions.count) ?? []
            questions += buses.map { Question(bus: $0, token: token) }
            call.missing[id]?.nextAt = now + Self.patience
        }
        call.nextAt = next
        return questions
    }

    /// A bus has answered from a server.
    mutating func answered(_ token: UInt64, by bus: String, at server: String) -> Outcome? {
        guard let place = calls[token]?.missing.removeValue(forKey: server) else { return nil }
        calls[token]?.confirmed.append(place.endpoint)
        return finish(token)
    }

    /// Nobody listens at the inbox of a bus: it is not waited for.
    ///
    /// - Complexity: O(*m*) in the number of calls.
    mutating func gone(_ bus: String, now: Instant) -> [Outcome] {
        calls.keys.sorted().compactMap { token in
            guard let id = calls[token]?.homes[bus] else { return nil }
            if calls[token]?.missing[id]?.lose(bus, now: now) == true { calls[token]?.nextAt = now }
            guard let (hasNobody, count) = calls[token]?.missing[id].map({ ($0.hasNobody, $0.gone.count) }) else {
                return nil
            }
            if hasNobody {
                calls[token]?.missing[id] = nil
            } else if count >= Self.maximumGone, let server = calls[token]?.missing.removeValue(forKey: id) {
                calls[token]?.givenUp.append(server.endpoint)
            }
            return finish(token)
        }
    }

    private mutating func finish(_ token: UInt64) -> Outcome? {
        guard let call = calls[token], call.missing.isEmpty else { return nil }
        calls[token] = nil
        return Outcome(waiters: call.waiters, confirmed: call.confirmed, missing: call.givenUp)
    }

    /// What it is time for.
    mutating func due(_ now: Instant) -> (questions: [Question], done: [Outcome]) {
        var (questions, done): ([Question], [Outcome]) = ([], [])
        for token in calls.keys.sorted() {
            guard let (nextAt, deadline) = calls[token].map({ ($0.nextAt, $0.deadline) }) else { continue }
            if deadline <= now, let call = calls.removeValue(forKey: token) {
                let missing = call.givenUp + call.order.compactMap { call.missing[$0]?.endpoint }
                done.append(Outcome(waiters: call.waiters, confirmed: call.confirmed, missing: missing))
            } else if nextAt <= now {
                questions += ask(token, now)
            }
        }
        return (questions, done)
    }

    /// The waiters that are left; nobody is asked any more.
    mutating func takeAll() -> [Waiter] {
        defer { calls = [:] }
        return calls.values.flatMap(\.waiters)
    }
}
