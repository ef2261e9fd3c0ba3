import Dispatch
import Synchronization

/// Runs an operation on a task of its own and blocks the thread until it is done.
///
/// For synchronous programs only: callgrind 3.19 does not survive what `async` main functions do with the main thread.
///
/// - Parameter operation: What to run.
/// - Returns: What the operation returns.
/// - Throws: What the operation throws.
public func blocking<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let outcome = Outcome<Value>()
    Task.detached {
        let result: Result<Value, any Error>
        do { result = .success(try await operation()) } catch { result = .failure(error) }
        outcome.result.withLock { $0 = result }
        done.signal()
    }
    done.wait()
    guard let result = outcome.result.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
    return try result.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
}
