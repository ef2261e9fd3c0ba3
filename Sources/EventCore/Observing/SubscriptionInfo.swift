/// What an ``Observer`` is told about a subscription: what names it, and what was asked for.
public struct SubscriptionInfo: Sendable, Hashable, Identifiable {
    /// What names it; unique in the process.
    public let id: SubscriptionID
    /// Which subjects it listens to.
    public let pattern: Pattern
    /// What people call it: ``SubscriptionOptions/name``.
    public let name: String?
    /// How many envelopes it buffers at most; the default where none was asked for.
    public let bufferCapacity: Int
    /// What happens to an envelope that finds the buffer full.
    public let backpressure: BackpressurePolicy
    /// Whether a predicate chooses among the envelopes that match.
    public let hasPredicate: Bool

    /// Describes a subscription.
    ///
    /// - Parameters:
    ///   - id: What names it.
    ///   - pattern: Which subjects it listens to.
    ///   - name: What people call it.
    ///   - bufferCapacity: How many envelopes it buffers at most.
    ///   - backpressure: What happens to an envelope that finds the buffer full.
    ///   - hasPredicate: Whether a predicate chooses among the envelopes that match.
    public init(
        id: SubscriptionID,
        pattern: Pattern,
        name: String? = nil,
        bufferCapacity: Int = SubscriptionOptions.defaultBufferCapacity,
        backpressure: BackpressurePolicy = .dropNewest,
        hasPredicate: Bool = false
    ) {
        self.id = id
        self.pattern = pattern
        self.name = name
        self.bufferCapacity = bufferCapacity
        self.backpressure = backpressure
        self.hasPredicate = hasPredicate
    }
}

extension SubscriptionInfo: CustomStringConvertible {
    /// The name, where there is one, the id and the pattern, in one line: `audit (s7) to orders.>`.
    public var description: String {
        guard let name else { return "\(id) to \(pattern)" }
        return "\(name.printable) (\(id)) to \(pattern)"
    }

    /// Whether all parts are equal, texts byte for byte.
    public static func == (left: SubscriptionInfo, right: SubscriptionInfo) -> Bool {
        left.id == right.id && left.pattern == right.pattern
            && left.hasSameName(as: right)
            && left.bufferCapacity == right.bufferCapacity && left.backpressure == right.backpressure
            && left.hasPredicate == right.hasPredicate
    }

    private func hasSameName(as other: SubscriptionInfo) -> Bool {
        guard let name, let otherName = other.name else { return name == nil && other.name == nil }
        return name.hasSameBytes(as: otherName)
    }

    /// Hashes what names it.
    ///
    /// - Parameter hasher: Takes the id.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}

/// What ended a subscription.
@nonexhaustive
public enum SubscriptionEnd: String, Sendable, Hashable, CaseIterable, Codable {
    /// ``Subscription/close()`` was called, or `withSubscription` returned.
    case closed = "closed"
    /// The bus was closed, or nothing referred to it any more.
    case busClosed = "bus_closed"
    /// A task was cancelled that read from it, or that waited in `subscribe`.
    case cancelled = "cancelled"
    /// Nothing referred to it any more.
    case released = "released"
}
