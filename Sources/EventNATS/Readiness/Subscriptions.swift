import EventCore

/// The patterns that the bus has asked its server for, and for how many subscriptions each.
///
/// A pattern that nobody wants any more is kept for a moment: until publishers have read that, what they count for it has
/// to arrive, or it would be called lost.
struct Subscriptions<Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Stage: Sendable, Hashable {
        /// The server is being asked.
        case asked
        /// It is in effect at the server, and other buses are being told.
        case announced
        /// It is in effect everywhere.
        case settled
        /// Nobody here wants it any more.
        case leaving(until: Instant)
    }

    private struct Entry: Sendable {
        var count = 0
        var stage = Stage.asked
        var waiters: [Waiter] = []
    }

    /// What a new subscription has to do.
    enum Addition: Equatable {
        /// Ask the server for the pattern.
        case ask
        /// Tell others of it again: the server still has it.
        case announce
        /// Wait for what is under way.
        case wait
        /// Nothing.
        case settled
    }

    private var entries: [Pattern: Entry] = [:]

    var patterns: [Pattern] { entries.keys.sorted() }
    var hasLeaving: Bool { entries.values.contains { if case .leaving = $0.stage { true } else { false } } }

    func isWanted(_ pattern: Pattern) -> Bool { (entries[pattern]?.count ?? 0) > 0 }

    func isSettled(_ pattern: Pattern) -> Bool { entries[pattern]?.stage == .settled }
    /// Whether the server has not said yet that it has it.
    func isAsked(_ pattern: Pattern) -> Bool { entries[pattern]?.stage == .asked }

    mutating func add(_ pattern: Pattern, _ waiter: Waiter) -> Addition {
        guard let entry = entries[pattern] else {
            entries[pattern] = Entry(count: 1, waiters: [waiter])
            return .ask
        }
        entries[pattern]?.count += 1
        switch entry.stage {
        case .settled: return .settled
        case .leaving:
            entries[pattern]?.stage = .announced
            entries[pattern]?.waiters.append(waiter)
            return .announce
        case .asked, .announced:
            entries[pattern]?.waiters.append(waiter)
            return .wait
        }
    }

    /// A subscription has ended.
    ///
    /// - Returns: Whether it was the last one of a pattern that others know of, so that they have to be told.
    mutating func remove(_ pattern: Pattern, until end: Instant) -> Bool {
        guard let entry = entries[pattern], entry.count > 0 else { return false }
        entries[pattern]?.count -= 1
        guard entry.count == 1 else { return false }
        switch entry.stage {
        case .asked, .leaving: return false
        case .announced, .settled:
            entries[pattern]?.stage = .leaving(until: end)
            return true
        }
    }

    /// The server has a pattern.
    ///
    /// - Returns: Whether somebody wants it still; otherwise it is forgotten.
    mutating func isEffective(_ pattern: Pattern) -> Bool {
        guard let entry = entries[pattern] else { return false }
        guard entry.count > 0 else {
            entries[pattern] = nil
            return false
        }
        if entry.stage == .asked { entries[pattern]?.stage = .announced }
        return true
    }

    /// Takes those who wait for a pattern, when it is in effect everywhere or there is no use in waiting.
    mutating func settle(_ pattern: Pattern) -> [Waiter] {
        guard let entry = entries[pattern] else { return [] }
        if entry.stage == .announced { entries[pattern]?.stage = .settled }
        entries[pattern]?.waiters = []
        return entry.waiters
    }

    /// The server does not let the bus have a pattern.
    mutating func refuse(_ pattern: Pattern) -> [Waiter] { entries.removeValue(forKey: pattern)?.waiters ?? [] }

    /// When ``takeLeft(_:)`` is to be called next.
    var deadline: Instant? {
        entries.values.compactMap { if case .leaving(let end) = $0.stage { end } else { nil } }.min()
    }

    /// The patterns that have been left for long enough.
    mutating func takeLeft(_ now: Instant) -> [Pattern] {
        let left = entries.filter { if case .leaving(let end) = $0.value.stage { end <= now } else { false } }
        for pattern in left.keys { entries[pattern] = nil }
        return left.keys.sorted()
    }

    /// Those who wait for anything.
    mutating func takeAll() -> [Waiter] {
        defer { for pattern in entries.keys { entries[pattern]?.waiters = [] } }
        return entries.values.flatMap(\.waiters)
    }
}
