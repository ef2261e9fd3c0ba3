/// Who had confirmed a subscription when `subscribe` returned, and who had not.
///
/// A publisher is told by the endpoint that leads to it, and by its id where it has one.
public struct SubscriptionConfirmation: Sendable, Hashable, CustomStringConvertible {
    /// The publishers at which the subscription was in effect.
    public var confirmed: [String]
    /// The publishers that were waited for in vain: absent, or no buses, so that they never answer.
    public var missing: [String]

    /// Whether nobody is missing.
    public var isComplete: Bool { missing.isEmpty }

    /// Creates the record.
    ///
    /// - Parameters:
    ///   - confirmed: The publishers at which the subscription was in effect.
    ///   - missing: The publishers that were waited for in vain.
    public init(confirmed: [String] = [], missing: [String] = []) {
        (self.confirmed, self.missing) = (confirmed, missing)
    }

    /// One line for people.
    public var description: String {
        func list(_ names: [String]) -> String { names.isEmpty ? "nobody" : names.joined(separator: ", ") }
        return "confirmed by \(list(confirmed)), not by \(list(missing))".printable
    }
}
