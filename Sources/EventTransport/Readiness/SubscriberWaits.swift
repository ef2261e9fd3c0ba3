package import EventCore

/// Those who wait until a subject has enough subscribers.
///
/// Subjects are kept in order, so that those which a prefix covers stand together: what changes for other subjects costs
/// nothing.
package struct SubscriberWaits<Waiter: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private struct Wait: Sendable {
        var id: UInt64
        var count: Int
        var deadline: Instant
        var waiter: Waiter
    }

    private struct Due: Comparable, Sendable {
        var deadline: Instant
        var id: UInt64

        static func < (left: Due, right: Due) -> Bool { (left.deadline, left.id) < (right.deadline, right.id) }
    }

    private struct Place: Sendable {
        var subject: Subject
        var count: Int
    }

    /// Those who wait for a subject, the least demanding first, and among equals the one with the least id.
    private var waits: [Subject: [Wait]] = [:]
    private var subjects = ChunkedArray<Subject>()
    private var deadlines = ChunkedArray<Due>()
    private var places: [UInt64: Place] = [:]

    /// Begins with nobody who waits.
    package init() {}

    package var isEmpty: Bool { places.isEmpty }

    /// When the first of them gives up.
    package var deadline: Instant? { deadlines.first?.deadline }

    /// Adds a waiter, whose subject has not enough subscribers yet.
    package mutating func add(_ waiter: Waiter, id: UInt64, subject: Subject, count: Int, deadline: Instant) {
        if waits[subject] == nil { subjects.insert(subject) }
        let wait = Wait(id: id, count: count, deadline: deadline, waiter: waiter)
        let place = Self.index(of: count, id, in: waits[subject] ?? [])
        waits[subject, default: []].insert(wait, at: place)
        deadlines.insert(Due(deadline: deadline, id: id))
        places[id] = Place(subject: subject, count: count)
    }

    /// Forgets a waiter, which the caller resumes.
    package mutating func forget(_ id: UInt64) -> Waiter? {
        guard let place = places[id], let index = waits[place.subject].map({ Self.index(of: place.count, id, in: $0) }),
            let wait = waits[place.subject]?.remove(at: index)
        else { return nil }
        removeIfEmpty(place.subject)
        forget(wait)
        return wait.waiter
    }

    /// Takes those whose subject has enough subscribers by now, of those whose count may have changed.
    ///
    /// - Parameters:
    ///   - prefixes: What changed.
    ///   - subscribers: Counts the subscribers of a subject, up to a limit; called once for each subject.
    /// - Returns: The waiters.
    package mutating func takeFulfilled(
        coveredBy prefixes: some Collection<WirePrefix>,
        _ subscribers: (Subject, Int) -> Int
    ) -> [Waiter] {
        guard !isEmpty else { return [] }
        var taken: [Waiter] = []
        var last: WirePrefix?
        for prefix in prefixes.sorted() where last.map({ !$0.covers(prefix) }) ?? true {
            last = prefix
            for subject in subjects.covered(by: prefix) { taken += takeFulfilled(subject, subscribers) }
        }
        return taken
    }

    private mutating func takeFulfilled(_ subject: Subject, _ subscribers: (Subject, Int) -> Int) -> [Waiter] {
        guard let waiting = waits[subject], let limit = waiting.last?.count else { return [] }
        let count = subscribers(subject, limit)
        guard waiting[0].count <= count else { return [] }
        let taken = waiting.prefix { $0.count <= count }
        if taken.count < waiting.count {
            waits[subject] = Array(waiting[taken.endIndex...])
        } else {
            waits[subject] = nil
            subjects.remove(subject)
        }
        for wait in taken { forget(wait) }
        return taken.map(\.waiter)
    }

    /// Takes those whose time is up.
    package mutating func takeLate(_ now: Instant) -> [Waiter] {
        var taken: [Waiter] = []
        while let due = deadlines.first, due.deadline <= now, let waiter = forget(due.id) { taken.append(waiter) }
        return taken
    }

    package mutating func takeAll() -> [Waiter] {
        defer { self = SubscriberWaits() }
        return waits.values.flatMap { $0.map(\.waiter) }
    }

    private static func index(of count: Int, _ id: UInt64, in waits: [Wait]) -> Int {
        waits.partitioningIndex { ($0.count, $0.id) >= (count, id) }
    }

    private mutating func forget(_ wait: Wait) {
        places[wait.id] = nil
        deadlines.remove(Due(deadline: wait.deadline, id: wait.id))
    }

    private mutating func removeIfEmpty(_ subject: Subject) {
        guard waits[subject]?.isEmpty == true else { return }
        waits[subject] = nil
        subjects.remove(subject)
    }
}

extension ChunkedArray<Subject> {
    /// The subjects that begin with a prefix.
    fileprivate func covered(by prefix: WirePrefix) -> [Subject] {
        var covered: [Subject] = []
        let first = prefix.plain.bytes
        forEach(from: { subject in
            subject.rawValue.withUTF8Bytes { !$0.precedes(first.span) }
        }) { subject in
            guard prefix.covers(subject) else { return false }
            covered.append(subject)
            return true
        }
        return covered
    }
}
