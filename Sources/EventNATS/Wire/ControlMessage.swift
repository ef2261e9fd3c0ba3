import EventCore

/// What buses of one namespace tell each other.
enum ControlMessage: Hashable, Sendable {
    /// To everybody: I am here, or here again, and this is what I want; say so too.
    case hello(Presence)
    /// To one: the same, as an answer.
    case present(Presence)
    /// To everybody: what I want has changed.
    case changed(bus: String, InterestChange)
    /// To everybody, or to one behind a presence: I have members in a group, or none any more.
    case member(bus: String, Interest, isIn: Bool)
    /// To one: are you there? Whoever reads it sits on a server that knows what the asker had asked its own for before.
    case question(bus: String, token: UInt64)
    /// To one: I am.
    case answer(bus: String, server: String, token: UInt64)
    /// To one: your picture of what you have been told is not mine; say again what you want.
    case unsure(bus: String)
    /// To one: how much was published of what you want.
    case ledger(LedgerLines)
    /// To one: I have read it.
    case read(bus: String, serial: UInt64)
    /// To everybody: I am still here, there have been so many changes of what I want, and this stands for the groups that I
    /// have members in; whoever knows otherwise says so.
    case here(bus: String, server: String, version: UInt64, groups: UInt64)
    /// To everybody: I am going.
    case bye(bus: String)
}

/// Who a bus is, where it is connected, and what it wants.
struct Presence: Hashable, Sendable {
    var bus: String
    /// The id of the server that it is connected to, and how people call that.
    var server: String
    var endpoint: String
    /// Counts the changes of what it wants.
    var version: UInt64
    var patterns: [Pattern] = []
    /// Which part of the patterns this is, and how many parts there are.
    var part: UInt64 = 0
    var parts: UInt64 = 1
}

/// One pattern more, or less.
struct InterestChange: Hashable, Sendable {
    /// The number of the change.
    var version: UInt64
    var pattern: Pattern
    var isWanted: Bool
}

/// What a bus has published of what another one wants.
struct LedgerLines: Hashable, Sendable {
    /// A time in which the other one wanted the same.
    struct Segment: Hashable, Sendable {
        /// The version of what it wanted.
        var version: UInt64
        /// The number of the last envelope before.
        var from: UInt64
        /// The number of the last one in it; `nil` while it lasts.
        var to: UInt64?
        /// How many of them it wanted.
        var total: UInt64
    }

    var bus: String
    /// Counts the messages to one bus.
    var serial: UInt64
    /// The number of the last envelope before this.
    var number: UInt64
    /// Nothing comes after it.
    var isLast = false
    /// The oldest first; the last one is still open.
    var segments: [Segment]
}
