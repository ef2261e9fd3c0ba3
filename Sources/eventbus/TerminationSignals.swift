import Dispatch
import Foundation

/// Runs `body` so that the first SIGINT or SIGTERM calls `stop`, on a queue of its own.
///
/// The second one has its usual effect, which ends a program that is stuck on its output.
func withTerminationSignals<R>(
    calling stop: @escaping @Sendable () -> Void,
    during body: () async throws -> R
) async rethrows -> R {
    let sources = [SIGINT, SIGTERM].map { number in
        _ = signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            _ = signal(number, SIG_DFL)
            stop()
        }
        source.resume()
        return source
    }
    defer { sources.forEach { $0.cancel() } }
    return try await body()
}
