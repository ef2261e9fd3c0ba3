struct Price: Codable, Sendable {
    var amount: Double
}
