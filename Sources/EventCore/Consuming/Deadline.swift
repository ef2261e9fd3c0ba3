import Synchronization

/// Runs an operation for a limited time.
enum Deadline {
    /// Cancels an operation that takes too long, and waits for it to notice.
    ///
    /// It begins on the thread of the caller, and what comes to its end there costs no hand-over and sets no alarm.
    ///
    /// - Returns: What the operation returns, or `nil` when the time was up first.
    /// - Throws: What the operation throws in time; `CancellationError` when the task is cancelled.
    static func run<Outcome: Sendable>(
        within limit: Duration,
        on clock: AlarmClock = .shared,
        _ operation: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome? {
        try Task.checkCancellation()
        let end = End()
        // A child task could only be cancelled from here, so somebody would have to wait beside it.
        let task = begin {
            defer { end.isReached.store(true, ordering: .relaxed) }
            return try await operation()
        }
        // Only where it has ended on this thread this has to be seen; where it has not, an alarm too many does no harm.
        if end.isReached.load(ordering: .relaxed) { return try await task.value }
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

    private final class End: Sendable {
        let isReached = Atomic<Bool>(false)
    }

    /// Begins a task on the thread of the caller, where the system can do that.
    private static func begin<Outcome: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Outcome
    ) -> Task<Outcome, any Error> {
        if #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            return Task.immediate { try await operation() }
        }
        return Task { try await operation() }
    }
}
