import EventCore

/// Runs tasks only when it is told to, so that a test knows what waits and what does not.
package final class StepExecutor: TaskExecutor {
    private let jobs = Lock<[UnownedJob]>([])

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Whether nobody can go on: every task waits or is done.
    package var isIdle: Bool { jobs.withLock { $0.isEmpty } }

    /// Runs the tasks on this thread until every one of them waits or is done.
    package func run() {
        while runOne() {}
    }

    /// Runs the task whose turn it is on this thread until it waits, yields or is done.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    package func runOne() -> Bool {
        guard let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return false }
        unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// Runs the tasks, which others may resume, until something is true or the time is up.
    package func run(within limit: Duration = .seconds(20), until condition: () -> Bool) async {
        let deadline = ContinuousClock.now + limit
        while !condition(), ContinuousClock.now < deadline {
            run()
            await Task.yield()
        }
    }

    /// The same without giving way, for where nothing may be awaited.
    package func runWaiting(atMost limit: Duration = .seconds(20), until condition: () -> Bool) {
        let deadline = ContinuousClock.now + limit
        while !condition(), ContinuousClock.now < deadline { run() }
    }

    /// Starts a task and runs it as far as it goes.
    package func start<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) -> Step<Value> {
        let step = Step(on: self, work)
        run()
        return step
    }

    /// A task of a ``StepExecutor``, and how it ended.
    package struct Step<Value: Sendable>: Sendable {
        private let attempt: Attempt<Value>

        /// Starts a task that has not run yet.
        package init(on executor: StepExecutor, _ work: @escaping @Sendable () async throws -> Value) {
            attempt = Attempt(on: executor, work)
        }

        /// How the task ended; `nil` while it waits.
        package var result: Result<Value, any Error>? { attempt.outcome }
        /// Whether the task has ended.
        package var isDone: Bool { result != nil }
        /// What the task threw.
        package var error: (any Error)? {
            if case .failure(let error) = result { error } else { nil }
        }

        package func cancel() { attempt.task.cancel() }
    }
}
