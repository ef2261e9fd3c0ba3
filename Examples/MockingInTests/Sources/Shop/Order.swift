/// What a customer buys.
public struct Order: Codable, Hashable, Sendable {
    /// Tells orders apart.
    public var id: Int
    /// In euros.
    public var total: Double

    /// Creates an order.
    ///
    /// - Parameters:
    ///   - id: Tells orders apart.
    ///   - total: In euros.
    public init(id: Int, total: Double) {
        self.id = id
        self.total = total
    }
}
