import EventCore
import Foundation

/// What a program has written so far, for tests that wait for a line of it.
final class CollectedLines: Sendable {
    private struct State {
        var data = Data()
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Lock(State())

    func append(_ chunk: Data) {
        change { $0.data += chunk }
    }

    func finish() {
        change { $0.isFinished = true }
    }

    /// Everything, once it is finished.
    func all() async -> Data {
        await wait { $0.isFinished ? $0.data : nil }
    }

    /// The first whole line with a beginning, once it is there, or `nil` when there is none in the end.
    func line(beginning prefix: String) async -> String? {
        await wait { state in
            let lines = String(decoding: state.data, as: UTF8.self).split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            if let line = lines.dropLast().first(where: { $0.hasPrefix(prefix) }) { return .some(String(line)) }
            return state.isFinished ? .some(nil) : nil
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wait<R: Sendable>(for result: @Sendable (State) -> R?) async -> R {
        while true {
            if let found = state.withLock({ result($0) }) { return found }
            await withCheckedContinuation { continuation in
                let isLate = state.withLock { state in
                    guard result(state) == nil else { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isLate { continuation.resume() }
            }
        }
    }
}
