package import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Starts threads that run one function and go.
package enum ServiceThread {
    /// What a new thread is to do, handed over by address.
    private class Work {
        func run() {}
        func giveUp() {}
    }

    private final class WorkOn<Value>: Work {
        private var value: Value?
        private let body: (Value) -> Void
        private let atEnd: () -> Void
        private let ifImpossible: (Value) -> Void

        init(
            _ value: Value,
            _ body: @escaping (Value) -> Void,
            atEnd: @escaping () -> Void,
            ifImpossible: @escaping (Value) -> Void
        ) {
            self.value = value
            self.body = body
            self.atEnd = atEnd
            self.ifImpossible = ifImpossible
        }

        override func run() {
            passValue(to: body)
            atEnd()
        }

        override func giveUp() {
            passValue(to: ifImpossible)
        }

        /// A function of its own, so that nothing holds the value when it returns.
        private func passValue(to function: (Value) -> Void) {
            guard let value else { return }
            self.value = nil
            function(value)
        }
    }

    /// Why there can be no more threads, by the system's error number.
    package static func failure(_ operation: String, _ code: Int32) -> EventError {
        let reason = unsafe String(cString: strerror(code))
        return .transport(TransportFailure(operation: operation, reason: reason, code: code))
    }

    /// Lets other threads have the processor of the current one, if they want it.
    package static func yield() {
        sched_yield()
    }

    /// Lets the current thread rest for some microseconds, fewer than a million; in practice for at least fifty.
    package static func rest(microseconds: UInt32) {
        usleep(microseconds)
    }

    /// Runs `body` with a value on a thread of its own, where no signal is handled, lets go of the value, and calls
    /// `atEnd`.
    ///
    /// - Returns: 0, or the system's error number when there can be no more threads; then the value has been passed to
    ///   `ifImpossible`, here.
    package static func start<Value>(
        _ value: sending Value,
        _ body: @escaping @Sendable (Value) -> Void,
        atEnd: @escaping @Sendable () -> Void,
        ifImpossible: @escaping @Sendable (Value) -> Void
    ) -> Int32 {
        let work = unsafe Unmanaged.passRetained(
            WorkOn(value, body, atEnd: atEnd, ifImpossible: ifImpossible) as Work
        )
        var mask = sigset_t()
        var previous = sigset_t()
        unsafe sigfillset(&mask)
        // A thread inherits the mask of its parent; signals are for the program's own threads.
        unsafe pthread_sigmask(SIG_SETMASK, &mask, &previous)
        defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let code = unsafe pthread_create(&thread, nil, entry, work.toOpaque())
        guard code == 0 else {
            unsafe work.takeRetainedValue().giveUp()
            return code
        }
        #if canImport(Darwin)
        if let thread = unsafe thread { unsafe pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
        return 0
    }

    #if canImport(Darwin)
    private static let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { work in
        unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run()
        return nil
    }
    #else
    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { work in
        if let work = unsafe work { unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run() }
        return nil
    }
    #endif
}
