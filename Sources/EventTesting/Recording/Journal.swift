import EventCore

/// A list that only grows, until it is reset, and that can be waited on.
///
/// A condition is checked at every append, by the task that appends and outside the lock, so that it sees each state
/// of the list once and nothing is missed in a burst.
final class Journal<Entry: Sendable>: Sendable {
    typealias Condition = @Sendable ([Entry]) -> Bool

    private struct Waiter {
        let condition: Condition
        let continuation: CheckedContinuation<[Entry]?, Never>
    }

    private struct State {
        var entries: [Entry] = []
        var waiters: [Int: Waiter] = [:]
        var lastWaiter = 0
    }

    private struct Check {
        let entries: [Entry]
        let waiters: [Int: Waiter]
    }

    private let state = Lock(State())

    var entries: [Entry] {
        state.withLock { $0.entries }
    }

    func append(_ entry: Entry) {
        let check = state.withLock { state -> Check? in
            state.entries.append(entry)
            // Only somebody who waits is worth a second reference to the list, which makes the next append copy it.
            return state.waiters.isEmpty ? nil : Check(entries: state.entries, waiters: state.waiters)
        }
        guard let check else { return }
        for (id, waiter) in check.waiters where waiter.condition(check.entries) {
            resume(id, returning: check.entries)
        }
    }

    func removeAll() {
        state.withLock { $0.entries = [] }
    }

    /// Waits for a condition and returns the entries that fulfilled it, or nil when the time is up first.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before the condition holds.
    func entries(within limit: Duration, fulfilling condition: @escaping Condition) async throws -> [Entry]? {
        let found = await withTaskGroup(of: [Entry]?.self) { group in
            group.addTask { await self.firstEntries(fulfilling: condition) }
            group.addTask {
                await Self.sleep(for: limit)
                return nil
            }
            var found: [Entry]?
            for await entries in group {
                found = found ?? entries
                group.cancelAll()
            }
            return found
        }
        if found == nil { try Task.checkCancellation() }
        return found
    }

    /// Sleeps in ten turns: where the machine is so busy that every turn of a task is late, the limit grows with it.
    private static func sleep(for limit: Duration) async {
        for _ in 1...10 { try? await AlarmClock.shared.sleep(for: limit / 10) }
    }

    private func firstEntries(fulfilling condition: @escaping Condition) async -> [Entry]? {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let entries = state.withLock { state in
                    state.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return state.entries
                }
                if condition(entries) {
                    resume(id, returning: entries)
                } else if Task.isCancelled {
                    resume(id, returning: nil)
                }
            }
        } onCancel: {
            resume(id, returning: nil)
        }
    }

    private func resume(_ id: Int, returning entries: [Entry]?) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume(returning: entries)
    }
}
