import Dispatch
import Foundation

/// Runs `body` so that the first SIGINT, SIGTERM or SIGHUP calls `stop`, on a queue of its own.
///
/// One that comes later has its usual effect, which ends a program that is stuck on its output; timeout(1) sends two at
/// once, which count as one. A SIGHUP that is ignored, as nohup(1) asks for, stays so.
func withTerminationSignals<R>(
    calling stop: @escaping @Sendable () -> Void,
    during body: () async throws -> R
) async rethrows -> R {
    let sources = [SIGINT, SIGTERM, SIGHUP].compactMap { number -> (any DispatchSourceSignal)? in
        let wasIgnored = isIgnoring(signal(number, SIG_IGN))
        guard number != SIGHUP || !wasIgnored else { return nil }
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            stop()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(500)) { _ = signal(number, SIG_DFL) }
        }
        source.resume()
        return source
    }
    defer { sources.forEach { $0.cancel() } }
    return try await body()
}

private func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
