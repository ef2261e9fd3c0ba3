public import Synchronization

/// A `Mutex` whose hand-over from one thread to the next ThreadSanitizer can see.
///
/// On Linux a contended `Mutex` changes hands in the kernel and in a library that is not instrumented, so ThreadSanitizer
/// reports every access it guards as a race. In a debug build a release store and an acquire load draw the same edge
/// where it looks; a release build is the `Mutex` alone.
@usableFromInline
package struct Lock<Value: ~Copyable>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>
    #if DEBUG
    // Read first and written last by whoever has the mutex, which alone makes it right; nobody looks at the value.
    @usableFromInline let handover = Atomic<UInt8>(0)
    #endif

    /// Creates a lock around a value.
    @inlinable
    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` with the guarded value; nobody else does so meanwhile.
    @inlinable @inline(__always)
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) in
            #if DEBUG
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(0, ordering: .releasing) }
            #endif
            return try body(&value)
        }
    }
}
