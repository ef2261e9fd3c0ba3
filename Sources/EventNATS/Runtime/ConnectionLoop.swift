import EventCore
import EventTransport
import LinkRuntime

/// Serves a connection on a thread of its own.
protocol ConnectionLoop: Sendable {
    /// Runs until it is told to end.
    ///
    /// - Parameter opened: Called once, with how the first attempt to connect has ended.
    func run(_ opened: (Result<Void, EventError>) -> Void)
}

extension ConnectionLoop {
    /// Starts the thread, and waits until it is connected.
    ///
    /// - Parameter finished: Completed when the thread ends.
    /// - Throws: ``/EventCore/EventError/transport(_:)`` when there can be no thread, and why it could not connect.
    func start(_ finished: Completion) async throws(EventError) {
        let opened = await Waiter<Result<Void, EventError>>.suspend { waiter in
            let code = ServiceThread.start(self) { loop in
                loop.run { waiter.resume(returning: $0) }
            } atEnd: {
                finished.complete()
            } ifImpossible: { _ in
            }
            guard code != 0 else { return }
            waiter.resume(returning: .failure(ServiceThread.failure("start a thread", code)))
        }
        try opened.get()
    }
}
