import Dispatch
import EventCore

/// Threads of their own, for what waits where those that run tasks must not.
enum Thread {
    /// Blocks this thread until asynchronous work is done on another one; gives up when the time is up.
    ///
    /// For code inside a predicate or an observer, which has to be called on a thread that nobody else needs.
    static func wait(atMost limit: Duration, for work: @escaping @Sendable () async -> Void) {
        let done = DispatchSemaphore(value: 0)
        Task(executorPreference: TurnExecutor()) {
            await work()
            done.signal()
        }
        _ = done.wait(timeout: .now() + limit / .seconds(1))
    }
}

/// Where the first thread that comes by has to wait until it is let go.
final class Stop: Sendable {
    /// Has an entry once somebody waits.
    let reached = Journal<Void>()
    private let isFirst = Lock(true)
    private let gate = DispatchSemaphore(value: 0)

    /// Blocks this thread, if it is the first.
    func wait() {
        let isFirst = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        guard isFirst else { return }
        reached.append(())
        gate.wait()
    }

    /// Lets the thread go; to be called whatever happens.
    func letGo() {
        gate.signal()
    }
}
