/// A suspended task, to be resumed exactly once.
///
/// It wraps an unsafe continuation, which costs neither an allocation nor a check. What makes that sound is that the
/// state machines hand a waiter out only as they forget it, so nobody can resume it twice, and hand out every waiter
/// when they end, so none is left behind; their tests show both.
@safe package struct Waiter<Value: Sendable>: Sendable {
    private let continuation: UnsafeContinuation<Value, Never>

    /// Suspends the task and passes it to `body`.
    package static func suspend(_ body: (Waiter<Value>) -> Void) async -> Value {
        unsafe await withUnsafeContinuation { continuation in
            body(unsafe Waiter(continuation: continuation))
        }
    }

    package func resume(returning value: sending Value) {
        unsafe continuation.resume(returning: value)
    }
}

extension Waiter<Void> {
    package func resume() {
        resume(returning: ())
    }
}
