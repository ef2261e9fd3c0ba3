import Dispatch
import EventCore
package import EventMemory

extension MemoryBus {
    /// Closes the bus, and waits for that, but not longer than `limit`.
    ///
    /// Closing waits for callbacks that are under way, and an observer may take its time.
    package func close(atMost limit: Duration) async {
        let isClosed = Completion()
        Task(executorPreference: CallingExecutor()) {
            await self.close()
            isClosed.complete()
        }
        await isClosed.wait(atMost: limit)
    }
}

/// Runs a task that calls code of the user on a thread of its own.
///
/// What is called may wait for another task, which never runs when all threads that run tasks wait like that; and the task
/// itself begins, however many of those threads other code of the user holds.
private final class CallingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "link-runtime.calls")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
