import EventCore

/// The groups of a bus, each from its first member to its last.
final class GroupTable: Sendable {
    private struct Key: Hashable {
        var pattern: Pattern
        var name: ByteText
    }

    private struct Entry {
        var group: MailboxGroup
        /// How many are members, or are about to be.
        var count: Int
    }

    private let entries = Lock([Key: Entry]())

    /// The group of this name and pattern, for one more member, which ``leave(_:)`` takes back.
    func join(_ name: String, _ pattern: Pattern, orMake make: () -> MailboxGroup) -> MailboxGroup {
        let key = Key(pattern: pattern, name: ByteText(name))
        return entries.withLock { entries in
            let group = entries[key]?.group ?? make()
            entries[key, default: Entry(group: group, count: 0)].count += 1
            return group
        }
    }

    /// A member has gone.
    func leave(_ group: MailboxGroup) {
        let key = Key(pattern: group.pattern, name: ByteText(group.name))
        entries.withLock { entries in
            guard let entry = entries[key], entry.group === group else { return }
            entries[key] = entry.count > 1 ? Entry(group: group, count: entry.count - 1) : nil
        }
    }

    /// How many groups there are.
    var count: Int { entries.withLock { $0.count } }
}
