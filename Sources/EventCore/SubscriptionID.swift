/// Names a subscription; unique within its bus.
public struct SubscriptionID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name, never empty.
    public let rawValue: String

    /// Creates an id.
    ///
    /// - Parameter rawValue: The name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name.
    public var description: String { rawValue }
}
