import EventCore

/// What a bus asks its server for: all that matches a pattern, or its share of that as a member of a group.
struct Interest: Sendable, Hashable, Comparable {
    var pattern: Pattern
    /// The group, which is told from others by its bytes; `nil` for all.
    var group: ByteText?

    init(_ pattern: Pattern, group: String? = nil) {
        (self.pattern, self.group) = (pattern, group.map { ByteText($0) })
    }

    static func < (left: Interest, right: Interest) -> Bool {
        guard left.pattern == right.pattern else { return left.pattern < right.pattern }
        guard let other = right.group else { return false }
        return left.group.map { $0.text.precedes(other.text) } ?? true
    }
}
