/// Runs an operation for a limited time.
enum Deadline {
    /// Cancels an operation that takes too long, and waits for it to notice.
    ///
    /// - Returns: What the operation returns, or `nil` when the time was up first.
    /// - Throws: What the operation throws in time; `CancellationError` when the task is cancelled.
    static func run<Outcome: Sendable>(
        within limit: Duration,
        on clock: AlarmClock = .shared,
        _ operation: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome? {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            let end = Completion()
            group.addTask {
                defer { end.complete() }
                return try await operation()
            }
            let isInTime = await end.wait(atMost: limit, on: clock)
            if !isInTime { group.cancelAll() }
            do {
                // The operation may have come to its end in the same instant.
                return try await group.next()
            } catch  where !isInTime {
                try Task.checkCancellation()
                return nil
            }
        }
    }
}
