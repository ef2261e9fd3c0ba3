import EventCore

/// What the bus has asked its server for, and for how many subscriptions each.
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
        /// Ask the server for it.
        case ask
        /// Tell others of it again: the server still has it.
        case announce
        /// Wait for what is under way.
        case wait
        /// Nothing.
        case settled
    }

    private var entries: [Interest: Entry] = [:]

    /// Whether the server has not said yet that it has it.
    func isAsked(_ interest: Interest) -> Bool { entries[interest]?.stage == .asked }

    /// Whether somebody here wants it.
    func isWanted(_ interest: Interest) -> Bool { entries[interest].map { $0.count > 0 } ?? false }

    /// Whether the server has it, and somebody here wants it.
    func isEffective(_ interest: Interest) -> Bool {
        entries[interest].map { $0.stage != .asked && $0.count > 0 } ?? false
    }

    mutating func add(_ interest: Interest, _ waiter: Waiter) -> Addition {
        guard let entry = entries[interest] else {
            entries[interest] = Entry(count: 1, waiters: [waiter])
            return .ask
        }
        entries[interest]?.count += 1
        switch entry.stage {
        case .settled: return .settled
        case .leaving:
            entries[interest]?.stage = .announced
            entries[interest]?.waiters.append(waiter)
            return .announce
        case .asked, .announced:
            entries[interest]?.waiters.append(waiter)
            return .wait
        }
    }

    /// A subscription has ended.
    ///
    /// - Returns: Whether it was the last one of what others know of, so that they have to be told.
    mutating func remove(_ interest: Interest, until end: Instant) -> Bool {
        guard let entry = entries[interest], entry.count > 0 else { return false }
        entries[interest]?.count -= 1
        guard entry.count == 1 else { return false }
        switch entry.stage {
        case .asked, .leaving: return false
        case .announced, .settled:
            entries[interest]?.stage = .leaving(until: end)
            return true
        }
    }

    /// The server has it.
    ///
    /// - Returns: Whether somebody wants it still; otherwise it is forgotten.
    mutating func becomesEffective(_ interest: Interest) -> Bool {
        guard let entry = entries[interest] else { return false }
        guard entry.count > 0 else {
            entries[interest] = nil
            return false
        }
        if entry.stage == .asked { entries[interest]?.stage = .announced }
        return true
    }

    /// Takes those who wait for something, when it is in effect everywhere or there is no use in waiting.
    mutating func settle(_ interest: Interest) -> [Waiter] {
        guard let entry = entries[interest] else { return [] }
        if entry.stage == .announced { entries[interest]?.stage = .settled }
        entries[interest]?.waiters = []
        return entry.waiters
    }

    /// The server does not let the bus have it.
    mutating func refuse(_ interest: Interest) -> [Waiter] { entries.removeValue(forKey: interest)?.waiters ?? [] }

    /// When ``takeLeft(_:)`` is to be called next.
    var deadline: Instant? {
        entries.values.compactMap { if case .leaving(let end) = $0.stage { end } else { nil } }.min()
    }

    /// What has been left for long enough.
    mutating func takeLeft(_ now: Instant) -> [Interest] {
        let left = entries.filter { if case .leaving(let end) = $0.value.stage { end <= now } else { false } }
        for interest in left.keys { entries[interest] = nil }
        return left.keys.sorted()
    }

    /// Those who wait for anything.
    mutating func takeAll() -> [Waiter] {
        defer { for interest in entries.keys { entries[interest]?.waiters = [] } }
        return entries.values.flatMap(\.waiters)
    }
}
