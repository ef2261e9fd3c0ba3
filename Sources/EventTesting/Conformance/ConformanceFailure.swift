/// A rule that a bus does not keep: what was expected of it, what was seen, and what had happened until then.
public struct ConformanceFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The id of the case that found it.
    public let id: String

    /// The section of the rule, such as `P5`.
    public let section: String

    /// The rule.
    public let sentence: String

    /// What a sound bus would have done.
    public let expected: String

    /// What this bus did.
    public let seen: String

    /// What happened until then, one text an event, in order.
    ///
    /// Calls of the case and what came of them, callbacks of the observer, and what subscriptions yielded. Envelopes are
    /// named by their labels, subjects by what follows the segments that are the run's own.
    public let events: [String]

    /// The rule, what was expected, what was seen and what had happened, one a line.
    ///
    /// Of more than 80 events it shows the first 30 and the last 50.
    public var description: String {
        """
        \(id) (\(section)): \(sentence)
          expected: \(expected)
          seen: \(seen)
          what happened:
        \(story.joined(separator: "\n"))
        """
    }

    private var story: [String] {
        if events.isEmpty { return ["    nothing"] }
        let lines = events.enumerated().map { "    \($0 + 1). \($1)" }
        guard lines.count > 80 else { return lines }
        return lines.prefix(30) + ["    … \(lines.count - 80) more …"] + lines.suffix(50)
    }
}
