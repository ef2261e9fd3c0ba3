/// A line of the table: what something costs here, and elsewhere.
public struct Row: Sendable, Codable {
    /// What a figure counts, and which way is better.
    public enum Unit: String, Sendable, Codable {
        case nanoseconds, microseconds, bytes
        /// The one of which more is better.
        case perSecond = "per second"
    }

    /// What another way to do the same costs.
    public struct Peer: Sendable, Codable {
        /// What it is built on.
        public var name: String
        /// What it costs.
        public var figure: Timing
        /// How many times as good as this peer the bus is.
        public var ratio: Double
        /// What is aimed at: so many times as good, at least.
        public var goal: Double?
    }

    /// What it is called on the command line.
    public var name: String
    /// What is done, in words.
    public var work: String
    /// What the figure is per.
    public var operation: String
    /// What figures count.
    public var unit: Unit
    /// What the bus costs.
    public var figure: Timing
    /// What is aimed at: at most, or at least where more is better.
    public var target: Double?
    /// Allocations per operation, where they were counted.
    public var allocations: Double?
    /// Instructions per operation, where they were counted.
    public var instructions: Double?
    /// The others.
    public private(set) var peers: [Peer] = []

    /// Creates a line without peers; the parameters are the properties of the same names.
    public init(name: String, work: String, operation: String, unit: Unit, figure: Timing, target: Double? = nil) {
        self.name = name
        self.work = work
        self.operation = operation
        self.unit = unit
        self.figure = figure
        self.target = target
    }

    /// Adds what another way costs, and how many times as good as that the bus is to be.
    public mutating func add(_ name: String, _ other: Timing, goal: Double? = nil) {
        let ratio = unit == .perSecond ? figure.median / other.median : other.median / figure.median
        peers.append(Peer(name: name, figure: other, ratio: ratio, goal: goal))
    }

    /// Whether the figure is as good as what is aimed at; `nil` when nothing is.
    public var reachesTarget: Bool? {
        target.map { unit == .perSecond ? figure.median >= $0 : figure.median <= $0 }
    }
}
