import Synchronization

/// A value that tasks change, and that one at a time waits for.
final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        var isMet: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Value, Never>
    }

    private struct State {
        var value: Value
        var waiter: Waiter?
    }

    private let state: Mutex<State>

    init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    func update(_ change: @Sendable (inout Value) -> Void) {
        let met = state.withLock { state -> (Waiter, Value)? in
            change(&state.value)
            guard let waiter = state.waiter, waiter.isMet(state.value) else { return nil }
            state.waiter = nil
            return (waiter, state.value)
        }
        if let (waiter, value) = met { waiter.continuation.resume(returning: value) }
    }

    /// Waits until the value is as wanted; nobody else may be waiting.
    func wait(until isMet: @escaping @Sendable (Value) -> Bool) async -> Value {
        await withCheckedContinuation { continuation in
            let value = state.withLock { state -> Value? in
                guard !isMet(state.value) else { return state.value }
                precondition(state.waiter == nil, "two wait for one value")
                state.waiter = Waiter(isMet: isMet, continuation: continuation)
                return nil
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
