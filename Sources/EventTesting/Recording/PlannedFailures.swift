/// Errors ordered in advance for a number of calls.
struct PlannedFailures: Sendable {
    private var remaining = 0
    private var error: (any Error)?

    init() {}

    init(count: Int, error: any Error) {
        remaining = count
        self.error = error
    }

    /// Throws the ordered error and uses up one call, or returns when nothing is left.
    mutating func throwNext() throws {
        guard remaining > 0, let error else { return }
        remaining -= 1
        throw error
    }
}
