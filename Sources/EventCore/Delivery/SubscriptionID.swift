import Synchronization

/// Names a subscription; unique in the process, whichever bus it is of.
public struct SubscriptionID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name, never empty.
    public let rawValue: String

    /// Creates an id.
    ///
    /// - Parameter rawValue: The name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes an id that no other subscription of this process has, for a bus that makes its own.
    ///
    /// - Complexity: O(1).
    public init() {
        self.init(rawValue: "s" + String(Self.count.add(1, ordering: .relaxed).newValue))
    }

    /// How many ids were made.
    private static let count = Atomic<UInt64>(0)

    /// The name, in one line.
    public var description: String { rawValue.printable }

    /// Whether both have the same bytes.
    public static func == (left: SubscriptionID, right: SubscriptionID) -> Bool {
        left.rawValue.hasSameBytes(as: right.rawValue)
    }
}
