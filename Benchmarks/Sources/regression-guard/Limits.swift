/// What operations may cost, as it is committed.
struct Limits: Codable {
    /// How much more than a limit is let pass, as a part of it.
    var slack: Double
    /// By the name of the row.
    var rows: [String: Cost]
    /// How many bytes are held per operation, by the name of the row.
    var bytes: [String: Double]

    /// The slack as people say it.
    var percent: Int { Int(slack * 100) }
}

/// What one operation costs.
struct Cost: Codable, CustomStringConvertible {
    /// Rounded to whole ones.
    var instructions: Double
    /// Rounded to hundredths.
    var allocations: Double

    init(instructions: Double, allocations: Double) {
        self.instructions = instructions.rounded()
        self.allocations = (allocations * 100).rounded() / 100
    }

    var description: String { "\(Int(instructions)) instructions, \(allocations) allocations" }

    /// Whether another cost is within this limit; where nothing is allocated, nothing may be.
    func permits(_ other: Cost, slack: Double) -> Bool {
        other.instructions <= instructions * (1 + slack) && other.allocations <= allocations * (1 + slack)
    }
}
