/// Asks one bus on every other server of a cluster whether it is there, after a subscription.
///
/// The server of this bus writes the new interest and then the question to the same connection with the other server, which
/// works through it in order. So a bus that has read the question sits on a server that knows the interest. A bus that does
/// not answer in time is passed over for another one on its server; where nobody listens at an inbox, the own server says
/// so.
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

    private struct Call: Sendable {
        var waiters: [Waiter]
        var missing: [PeerList.Server]
        var confirmed: [String] = []
        /// Asked, one more at each attempt.
        var attempts = 0
        var nextAt: Instant
        var deadline: Instant
    }

    /// How long to wait before another bus is asked.
    static var patience: Duration { .milliseconds(50) }

    private var calls: [UInt64: Call] = [:]
    private var lastToken: UInt64 = 0

    var isEmpty: Bool { calls.isEmpty }

    /// When ``due(_:)`` is to be called next.
    var deadline: Instant? { calls.values.map { min($0.nextAt, $0.deadline) }.min() }

    /// Begins a call; `own` is how people call the server of this bus, which has confirmed already.
    mutating func begin(
        _ waiters: [Waiter],
        own: String,
        servers: [PeerList.Server],
        now: Instant,
        deadline: Instant
    ) -> (questions: [Question], done: Outcome?) {
        guard !servers.isEmpty else { return ([], Outcome(waiters: waiters, confirmed: [own], missing: [])) }
        lastToken += 1
        calls[lastToken] = Call(waiters: waiters, missing: servers, confirmed: [own], nextAt: now, deadline: deadline)
        return (ask(lastToken, now), nil)
    }

    private mutating func ask(_ token: UInt64, _ now: Instant) -> [Question] {
        guard let call = calls[token] else { return [] }
        calls[token]?.attempts += 1
        calls[token]?.nextAt = now + Self.patience
        return call.missing.map { Question(bus: $0.buses[call.attempts % $0.buses.count], token: token) }
    }

    /// A bus has answered from a server.
    mutating func answered(_ token: UInt64, by bus: String, at server: String) -> Outcome? {
        guard let call = calls[token] else { return nil }
        guard let place = call.missing.firstIndex(where: { $0.id == server }) else { return nil }
        calls[token]?.confirmed.append(call.missing[place].endpoint)
        calls[token]?.missing.remove(at: place)
        return finish(token)
    }

    /// Nobody listens at the inbox of a bus: it is not waited for.
    mutating func gone(_ bus: String, now: Instant) -> [Outcome] {
        calls.keys.sorted().compactMap { token in
            guard let place = calls[token]?.missing.firstIndex(where: { $0.buses.contains(bus) }) else { return nil }
            calls[token]?.missing[place].buses.removeAll { $0 == bus }
            if calls[token]?.missing[place].buses.isEmpty == true {
                calls[token]?.missing.remove(at: place)
            } else {
                calls[token]?.nextAt = now
            }
            return finish(token)
        }
    }

    private mutating func finish(_ token: UInt64) -> Outcome? {
        guard let call = calls[token], call.missing.isEmpty else { return nil }
        calls[token] = nil
        return Outcome(waiters: call.waiters, confirmed: call.confirmed, missing: [])
    }

    /// What it is time for.
    mutating func due(_ now: Instant) -> (questions: [Question], done: [Outcome]) {
        var (questions, done): ([Question], [Outcome]) = ([], [])
        for token in calls.keys.sorted() {
            guard let call = calls[token] else { continue }
            if call.deadline <= now {
                calls[token] = nil
                let missing = call.missing.map(\.endpoint)
                done.append(Outcome(waiters: call.waiters, confirmed: call.confirmed, missing: missing))
            } else if call.nextAt <= now {
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
