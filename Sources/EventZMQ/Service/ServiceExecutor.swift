import Dispatch
import EventCore

/// Runs tasks on the service thread, between what it receives and the next wait.
final class ServiceExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        /// Whether the thread comes by before it waits again, so that nobody has to wake it.
        var isAwake = false
        var isOpen = true
    }

    private let state = Lock(State())
    private let wakeUp: WakeUp
    /// So many jobs run before the thread looks after its sockets again.
    private static let jobsAtOnce = 64

    /// Creates an executor without a thread.
    ///
    /// - Parameter wakeUp: Wakes the service thread.
    init(wakeUp: WakeUp) {
        self.wakeUp = wakeUp
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (isLate, wakes) = state.withLock { state in
            guard state.isOpen else { return (true, false) }
            state.jobs.append(job)
            return (false, !state.isAwake && state.jobs.count == 1)
        }
        if isLate { runElsewhere(job) }
        if wakes { wakeUp.wake() }
    }

    // MARK: The service thread

    /// Runs what is there, or some of it.
    ///
    /// - Returns: Whether the thread may wait: there is nothing left, and whoever comes wakes it.
    func run() -> Bool {
        var count = 0
        while count < Self.jobsAtOnce {
            let jobs = state.withLock { state in
                state.isAwake = !state.jobs.isEmpty
                let room = Self.jobsAtOnce - count
                guard state.jobs.count > room else {
                    defer { state.jobs = [] }
                    return state.jobs[...]
                }
                defer { state.jobs.removeFirst(room) }
                return state.jobs.prefix(room)
            }
            guard !jobs.isEmpty else { return true }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            count += jobs.count
        }
        return false
    }

    /// The thread has waited, and comes by before it waits again.
    func awake() {
        state.withLock { $0.isAwake = true }
    }

    /// The thread does not come by any more: what is there and what comes runs on threads of the system's.
    func close() {
        let jobs = state.withLock { state in
            state.isOpen = false
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { runElsewhere(job) }
    }

    private func runElsewhere(_ job: UnownedJob) {
        DispatchQueue.global().async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
