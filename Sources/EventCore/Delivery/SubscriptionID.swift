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

    /// The name, in one line.
    public var description: String { rawValue.printable }

    /// Whether both have the same bytes.
    public static func == (left: SubscriptionID, right: SubscriptionID) -> Bool {
        left.rawValue.hasSameBytes(as: right.rawValue)
    }
}
