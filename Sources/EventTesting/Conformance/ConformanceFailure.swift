/// A rule that a bus does not keep: what was expected of it and what was seen.
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

    /// The case, the rule, what was expected and what was seen, one a line.
    public var description: String {
        """
        \(id) (\(section)): \(sentence)
          expected: \(expected)
          seen: \(seen)
        """
    }
}
