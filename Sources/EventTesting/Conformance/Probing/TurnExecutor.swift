import Dispatch

/// Runs tasks in turns: one at a time, each until it suspends.
///
/// What a task does without suspending is one step to the others, so that they cannot come between.
final class TurnExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "turns")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
