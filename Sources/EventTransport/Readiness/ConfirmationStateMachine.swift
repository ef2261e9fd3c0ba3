import EventCore

/// Finds out whether every connected publisher has the subscriptions that were made.
///
/// A publisher answers each announcement in the bus's inbox, through the pipe in which the subscription came before it. What
/// is known of a connection is kept under that connection. One over which nothing was ever answered in time, such as that
/// of a plain PUB socket, is not waited for until it does answer.
package struct ConfirmationStateMachine<Waiter: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// Somebody to wait for.
    package enum Publisher: Sendable, Hashable {
        /// A bus that has told its id.
        case bus(link: Int, id: String)
        /// One that is connected and has told nothing.
        case unknown(link: Int)
        /// One that should be there and is not.
        case absent(link: Int)
    }

    package enum Action {
        /// Go on: these have confirmed, those have not.
        case resume(Waiter, confirmed: [Publisher], missing: [Publisher])
    }

    private struct Bus: Hashable {
        var id: String
        /// The announcements that are in effect there.
        var confirmed: Set<UInt64> = []
    }

    private struct Link: Hashable {
        /// Whether exactly one publisher is expected here.
        var connects: Bool
        var established = 0
        /// When the last connection was made.
        var lastArrival: Instant?
        /// How many of those that never answered are not waited for.
        var silent = 0
        var buses: [Int32: Bus] = [:]

        var unknown: Int { max(0, established - buses.count) }
    }

    fileprivate struct Waiting {
        var waiter: Waiter
        var incarnation: UInt64
        var deadline: Instant
        /// Until when those who should be there and are not are waited for, and whether they were from the beginning.
        var absentUntil: Instant
        var countsAbsent: Bool
        var waitsForAbsent: Bool
        /// Whether it waits for as long as silent publishers should be given.
        var isPatient: Bool
    }

    private struct Time: Hashable {
        var instant: Instant
        var id: UInt64
    }

    private let timeout: Duration
    private let openedAt: Instant
    private var links: [Int: Link] = [:]
    private var waiting: [UInt64: Waiting] = [:]
    private var byIncarnation: [UInt64: Set<UInt64>] = [:]
    /// When to look at whom, soonest first; some have gone on meanwhile.
    private var times: [Time] = []
    /// When waiters stop to wait for those who are absent; there are few different times.
    private var absenceTimes: [Instant] = []

    /// Begins with no link.
    ///
    /// - Parameters:
    ///   - timeout: How long to wait when nothing else is asked for.
    ///   - now: When the bus was opened; for so long after that those to connect to are waited for.
    package init(timeout: Duration, now: Instant) {
        self.timeout = timeout
        openedAt = now
    }

    // MARK: Links

    /// Adds a socket; `connects` tells whether exactly one publisher is expected at it.
    package mutating func add(_ link: Int, connects: Bool) {
        links[link] = Link(connects: connects)
    }

    /// So many connections of a link are established now.
    package mutating func established(_ count: Int, on link: Int, now: Instant) -> [Action] {
        guard var state = links[link], state.established != count else { return [] }
        if count > state.established { state.lastArrival = now }
        state.established = count
        state.silent = min(state.silent, state.unknown)
        links[link] = state
        return settleAll()
    }

    /// A publisher has told its id over a connection.
    package mutating func greeted(by id: String, on link: Int, over connection: Int32) -> [Action] {
        guard var state = links[link], state.buses[connection]?.id != id else { return [] }
        state.buses[connection] = Bus(id: id)
        state.silent = min(state.silent, state.unknown)
        links[link] = state
        return settleAll()
    }

    /// A connection has ended.
    package mutating func disconnected(_ connection: Int32, on link: Int) -> [Action] {
        guard links[link]?.buses.removeValue(forKey: connection) != nil else { return [] }
        return settleAll()
    }

    /// A socket was replaced, and all its connections are gone.
    package mutating func reset(_ link: Int) -> [Action] {
        guard let connects = links[link]?.connects else { return [] }
        links[link] = Link(connects: connects)
        return settleAll()
    }

    /// Announcements are in effect at the publisher of a connection.
    package mutating func confirmed(_ incarnations: [UInt64], on link: Int, over connection: Int32) -> [Action] {
        guard links[link]?.buses[connection] != nil else { return [] }
        links[link]?.buses[connection]?.confirmed.formUnion(incarnations)
        var actions: [Action] = []
        for incarnation in incarnations {
            if let ids = byIncarnation[incarnation] { actions += settle(ids) }
        }
        return actions
    }

    /// The bus has given up an announcement.
    package mutating func released(_ incarnation: UInt64) {
        for link in links.keys {
            for connection in links[link, default: Link(connects: false)].buses.keys {
                links[link]?.buses[connection]?.confirmed.remove(incarnation)
            }
        }
    }

    /// The connections over which a publisher has told its id.
    package var connections: [(link: Int, descriptor: Int32)] {
        links.flatMap { id, link in link.buses.keys.map { (id, $0) } }
    }

    // MARK: Waiters

    /// Waits until every publisher has an announcement, `limit` at most; `nil` means the usual time.
    package mutating func wait(
        _ waiter: Waiter,
        id: UInt64,
        incarnation: UInt64,
        limit: Duration?,
        now: Instant
    ) -> [Action] {
        let limit = max(.zero, (limit ?? timeout).bounded)
        let absentUntil = openedAt + max(limit, timeout)
        let wait = Waiting(
            waiter: waiter,
            incarnation: incarnation,
            deadline: now + limit,
            absentUntil: absentUntil,
            countsAbsent: now < absentUntil,
            waitsForAbsent: now < absentUntil,
            isPatient: limit >= timeout && limit > .zero
        )
        guard limit > .zero, isWaited(for: wait) else { return [resume(wait)] }
        waiting[id] = wait
        byIncarnation[incarnation, default: []].insert(id)
        insert(wait.deadline, id)
        if wait.waitsForAbsent, !absenceTimes.contains(absentUntil) { absenceTimes.append(absentUntil) }
        return []
    }

    /// Forgets a waiter, which the caller resumes.
    package mutating func forget(_ id: UInt64) -> Waiter? {
        guard let wait = waiting.removeValue(forKey: id) else { return nil }
        byIncarnation[wait.incarnation]?.remove(id)
        if byIncarnation[wait.incarnation]?.isEmpty == true { byIncarnation[wait.incarnation] = nil }
        return wait.waiter
    }

    /// Forgets all waiters, which the caller resumes.
    package mutating func forgetAll() -> [Waiter] {
        defer { (waiting, byIncarnation, times, absenceTimes) = ([:], [:], [], []) }
        return waiting.values.map(\.waiter)
    }

    // MARK: Time

    /// When ``tick(_:)`` is to be called next.
    package var deadline: Instant? {
        guard !waiting.isEmpty else { return nil }
        let first = times.first { waiting[$0.id] != nil }?.instant
        guard let absence = absenceTimes.min() else { return first }
        return first.map { min($0, absence) } ?? absence
    }

    package mutating func tick(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        if absenceTimes.contains(where: { $0 <= now }) {
            absenceTimes.removeAll { $0 <= now }
            for (id, wait) in waiting where wait.absentUntil <= now { waiting[id]?.waitsForAbsent = false }
            actions += settleAll()
        }
        let end = times.firstIndex { $0.instant > now } ?? times.endIndex
        let due = times[..<end]
        times.removeSubrange(..<end)
        var isPatient = false
        for time in due {
            guard let wait = waiting[time.id] else { continue }
            _ = forget(time.id)
            actions.append(resume(wait))
            if wait.isPatient { isPatient = true }
        }
        if isPatient {
            writeOffUnknown(now)
            actions += settleAll()
        }
        return actions
    }

    private mutating func insert(_ instant: Instant, _ id: UInt64) {
        let place = times.partitioningIndex { $0.instant > instant }
        times.insert(Time(instant: instant, id: id), at: place)
    }

    /// Waits no more for those who have not answered, where nobody has come a short while ago.
    private mutating func writeOffUnknown(_ now: Instant) {
        for (id, link) in links where link.lastArrival.map({ now - $0 >= timeout / 2 }) ?? true {
            links[id]?.silent = link.unknown
        }
    }

    // MARK: Who is missing

    private mutating func settleAll() -> [Action] {
        waiting.isEmpty ? [] : settle(waiting.keys)
    }

    private mutating func settle(_ ids: some Collection<UInt64>) -> [Action] {
        var actions: [Action] = []
        for id in ids.sorted() {
            guard let wait = waiting[id], !isWaited(for: wait) else { continue }
            _ = forget(id)
            actions.append(resume(wait))
        }
        return actions
    }

    private func isWaited(for wait: Waiting) -> Bool {
        links.values.contains { link in
            link.unknown > link.silent || link.connects && link.established == 0 && wait.waitsForAbsent
                || link.buses.values.contains { !$0.confirmed.contains(wait.incarnation) }
        }
    }

    private func resume(_ wait: Waiting) -> Action {
        var confirmed: [Publisher] = []
        var missing: [Publisher] = []
        for (id, link) in links.sorted(by: { $0.key < $1.key }) {
            for bus in link.buses.values {
                if bus.confirmed.contains(wait.incarnation) {
                    confirmed.append(.bus(link: id, id: bus.id))
                } else {
                    missing.append(.bus(link: id, id: bus.id))
                }
            }
            for _ in 0..<max(0, link.unknown - link.silent) { missing.append(.unknown(link: id)) }
            if link.connects, link.established == 0, wait.countsAbsent { missing.append(.absent(link: id)) }
        }
        return .resume(wait.waiter, confirmed: confirmed, missing: missing)
    }
}

extension ConfirmationStateMachine.Action: Equatable where Waiter: Equatable {}
extension ConfirmationStateMachine.Waiting: Equatable where Waiter: Equatable {}
extension ConfirmationStateMachine.Waiting: Hashable where Waiter: Hashable {}
extension ConfirmationStateMachine: Equatable where Waiter: Equatable {}
extension ConfirmationStateMachine: Hashable where Waiter: Hashable {}
