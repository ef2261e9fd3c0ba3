extension Int {
    /// Whether this is 1, 10, 100 and so on: how often something is told that may happen very often.
    var isPowerOfTen: Bool {
        var rest = self
        while rest > 1, rest.isMultiple(of: 10) { rest /= 10 }
        return rest == 1
    }
}
