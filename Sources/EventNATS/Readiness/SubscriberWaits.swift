import EventCore

/// Those who wait until a subject has enough subscribers elsewhere.
struct SubscriberWaits: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Wait: Sendable {
        var subject: Subject
        var count: Int
        var deadline: Instant
    }

    private var waits: [UInt64: Wait] = [:]

    var isEmpty: Bool { waits.isEmpty }
    var deadline: Instant? { waits.values.map(\.deadline).min() }

    mutating func add(_ id: UInt64, subject: Subject, count: Int, deadline: Instant) {
        waits[id] = Wait(subject: subject, count: count, deadline: deadline)
    }

    mutating func remove(_ id: UInt64) -> Bool { waits.removeValue(forKey: id) != nil }

    /// Takes those whose subject has enough subscribers by now.
    mutating func takeFulfilled(_ subscribers: (Subject) -> Int) -> [UInt64] {
        let fulfilled = waits.filter { subscribers($0.value.subject) >= $0.value.count }.keys
        for id in fulfilled { waits[id] = nil }
        return fulfilled.sorted()
    }

    /// Takes those whose time is up.
    mutating func takeLate(_ now: Instant) -> [UInt64] {
        let late = waits.filter { $0.value.deadline <= now }.keys
        for id in late { waits[id] = nil }
        return late.sorted()
    }

    mutating func takeAll() -> [UInt64] {
        defer { waits = [:] }
        return waits.keys.sorted()
    }
}
