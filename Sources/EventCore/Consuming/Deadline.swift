/// Runs an operation for a limited time.
enum Deadline {
    /// Cancels an operation that takes too long, and waits for it to notice.
    ///
    /// - Returns: What the operation returns, or `nil` when the time was up first.
    /// - Throws: What the operation throws in time; `CancellationError` when the task is cancelled.
    static func run<Outcome: Sendable>(
        within limit: Duration,
        _ operation: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome? {
        try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: limit.bounded)
                return nil
            }
            defer { group.cancelAll() }
            if let outcome = try await group.next() ?? nil { return outcome }
            group.cancelAll()
            // The operation may have come to its end in the same instant.
            if let last = await group.nextResult(), let outcome = try? last.get() { return outcome }
            try Task.checkCancellation()
            return nil
        }
    }
}
