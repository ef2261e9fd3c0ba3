import EventCore

/// The parts of what buses want that have come so far, within bounds, for whoever is no bus may send any number of them.
///
/// A bus sends its parts one after the other, so those that were begun first are forgotten where there is no room.
struct PresenceParts: Sendable {
    private struct Entry: Sendable {
        var presence: Presence
        var size: Int
        /// Counts those that were begun.
        var turn: UInt64
    }

    /// In how many parts a bus may say what it wants.
    static let maximumParts: UInt64 = 1 << 12
    /// From how many buses parts are kept, and how many bytes their patterns may take in memory, about.
    static let maximumCount = 256
    static let maximumSize = 64 << 20
    /// What a pattern takes beside its text, about.
    private static let patternSize = 64

    private var entries: [String: Entry] = [:]
    private var lastTurn: UInt64 = 0
    private(set) var size = 0

    /// From how many buses there are parts.
    var count: Int { entries.count }

    /// Takes a part.
    ///
    /// - Returns: All the parts in one, when this is the last of them.
    mutating func add(_ part: Presence) -> Presence? {
        guard part.parts > 1 else { return part }
        let before = take(part.bus)
        guard part.parts <= Self.maximumParts else { return nil }
        var entry = Entry(presence: part, size: Self.size(of: part), turn: lastTurn + 1)
        if part.part > 0 {
            guard var before, before.presence.version == part.version, before.presence.part + 1 == part.part else {
                return nil
            }
            before.presence.patterns += part.patterns
            entry.presence.patterns = before.presence.patterns
            (entry.size, entry.turn) = (entry.size + before.size, before.turn)
        }
        guard part.part < part.parts - 1 else { return entry.presence }
        // One alone is not to drive out all others.
        guard entry.size <= Self.maximumSize / 2 else { return nil }
        lastTurn = max(lastTurn, entry.turn)
        entries[part.bus] = entry
        size += entry.size
        while entries.count > Self.maximumCount || size > Self.maximumSize {
            guard let oldest = entries.min(by: { $0.value.turn < $1.value.turn }) else { break }
            remove(oldest.key)
        }
        return nil
    }

    /// Forgets what a bus has said so far.
    mutating func remove(_ bus: String) { _ = take(bus) }

    private mutating func take(_ bus: String) -> Entry? {
        guard let entry = entries.removeValue(forKey: bus) else { return nil }
        size -= entry.size
        return entry
    }

    private static func size(of part: Presence) -> Int {
        part.patterns.reduce(0) { $0 + $1.rawValue.utf8.count + patternSize }
    }
}
