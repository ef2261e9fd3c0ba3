/// A piece of work whose cost is of interest, and what it should cost.
public struct Workload: Sendable {
    /// What it is called on the command line and in limits, such as `publish-none`.
    public let name: String
    /// What is done, in words.
    public let summary: String
    /// What the figure is per: a publish, a delivery, a round trip.
    public let operation: String
    /// How many operations one pass does.
    public let operationsPerPass: Int
    /// The greatest time per operation that is aimed at, in nanoseconds.
    public let target: Double?
    /// Whether the work stays on one task, so that the instructions it takes are the same each time.
    public let isSequential: Bool
    /// Makes ready what the work needs.
    public let start: @Sendable () async throws -> Session

    /// Describes a piece of work; the parameters are the properties of the same names.
    public init(
        _ name: String,
        _ summary: String,
        per operation: String,
        operationsPerPass: Int = 1,
        target: Double? = nil,
        isSequential: Bool = true,
        start: @escaping @Sendable () async throws -> Session
    ) {
        self.name = name
        self.summary = summary
        self.operation = operation
        self.operationsPerPass = operationsPerPass
        self.target = target
        self.isSequential = isSequential
        self.start = start
    }
}

extension Workload {
    /// Every row of the table, in its order.
    public static var all: [Workload] {
        publishing + endToEnd + waiting + matching + subscribing + coding + transport
    }

    /// The workload of a name, or of a ``Growth`` and a size, such as `subjects@1000`.
    public static func named(_ name: String) -> Workload? {
        let parts = name.split(separator: "@")
        if parts.count == 2, let size = Int(parts[1]) { return Growth.named(String(parts[0]))?.workload(at: size) }
        return (all + memory).first { $0.name == name }
    }
}

extension Workload {
    /// So many passes are enough to count what a pass allocates, or how many instructions it takes.
    public var passesForCounting: Int { max(20, 10_000 / operationsPerPass) }
}
