#if DEBUG
import Synchronization
#else
package import Synchronization
#endif

#if DEBUG
/// A `Mutex` whose hand-over from one thread to the next ThreadSanitizer can see.
///
/// On Linux a contended `Mutex` changes hands in the kernel and in a library that is not instrumented, so ThreadSanitizer
/// reports every access it guards as a race. The release store and acquire load here draw the same edge where it looks.
/// A release build uses `Mutex` itself.
package struct Lock<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let handover = Atomic<UInt8>(0)

    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` with the guarded value; nobody else does so meanwhile.
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(0, ordering: .releasing) }
            return try body(&value)
        }
    }
}
#else
/// A lock around a value.
package typealias Lock = Mutex
#endif
