import EventCore

/// Those who wait until a subject has enough subscribers.
struct SubscriberWaits<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Wait {
        var id: UInt64
        var subject: Subject
        var count: Int
        var deadline: Instant
        var waiter: Waiter
    }

    private var waits: [Wait] = []

    var isEmpty: Bool { waits.isEmpty }

    /// When the first of them gives up.
    var deadline: Instant? { waits.map(\.deadline).min() }

    mutating func add(_ waiter: Waiter, id: UInt64, subject: Subject, count: Int, deadline: Instant) {
        waits.append(Wait(id: id, subject: subject, count: count, deadline: deadline, waiter: waiter))
    }

    /// Forgets a waiter, which the caller resumes.
    mutating func forget(_ id: UInt64) -> Waiter? {
        guard let index = waits.firstIndex(where: { $0.id == id }) else { return nil }
        return waits.remove(at: index).waiter
    }

    /// Takes those whose subject has enough subscribers, of those that a change of prefixes concerns.
    mutating func takeFulfilled(_ changed: Set<WirePrefix>, _ subscribers: (Subject, Int) -> Int) -> [Waiter] {
        take { wait in
            changed.contains { $0.covers(wait.subject) } && subscribers(wait.subject, wait.count) >= wait.count
        }
    }

    /// Takes those whose time is up.
    mutating func takeLate(_ now: Instant) -> [Waiter] {
        take { $0.deadline <= now }
    }

    mutating func takeAll() -> [Waiter] {
        take { _ in true }
    }

    private mutating func take(_ isDue: (Wait) -> Bool) -> [Waiter] {
        guard !waits.isEmpty else { return [] }
        var taken: [Waiter] = []
        waits.removeAll { wait in
            guard isDue(wait) else { return false }
            taken.append(wait.waiter)
            return true
        }
        return taken
    }
}
