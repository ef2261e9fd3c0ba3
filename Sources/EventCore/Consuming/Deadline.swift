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
        // A child task could only be cancelled from here, so somebody would have to wait beside it.
        let task = Task { try await operation() }
        let alarm = clock.set(in: limit) { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let isInTime = clock.cancel(alarm)
        switch result {
        case .success(let outcome): return outcome  // It may have come to its end in the same instant.
        case .failure(let error) where isInTime: throw error
        case .failure:
            try Task.checkCancellation()
            return nil
        }
    }
}
