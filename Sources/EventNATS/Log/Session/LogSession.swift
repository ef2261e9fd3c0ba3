import Dispatch
import EventCore
import Logging
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a log does for what reads from it, besides delivering.
protocol LogReader: AnyObject, Sendable {
    /// There is a server again; what the last one had sent may be lost.
    func reconnected()
    /// Called a few times a second.
    func tick(now: ContinuousClock.Instant)
    /// The server forbids to publish on a subject.
    func forbidden(_ subject: Substring.UTF8View, _ words: String)
    /// The log is closed.
    func close()
}

extension LogReader {
    func forbidden(_ subject: Substring.UTF8View, _ words: String) {}
}

/// The connection of a log as its users see it: questions with their answers, and subscriptions.
///
/// One short lock, which callers, the thread of the log and those of libnats share; nobody waits for the server under it.
final class LogSession: Sendable {
    /// What the thread is to do besides asking.
    enum Command: Sendable {
        case send(wire: [UInt8], reply: [UInt8]?, body: Data)
        case subscribe(wire: [UInt8], group: [UInt8]?, receiver: any MessageReceiver)
        case unsubscribe(wire: [UInt8])
    }

    /// What there is to do for the thread.
    struct Work {
        var commands: [Command]
        var sendings: [RequestBook<Waiter<Outcome>>.Sending]
        var events: [ConnectionEvent]
    }

    enum Outcome: Sendable {
        case answer(Data)
        case expired(wasUnheard: Bool)
        case refused(String)
        case cancelled
        case closed
    }

    private struct State {
        var book: RequestBook<Waiter<Outcome>>
        var commands: [Command] = []
        var events: [ConnectionEvent] = []
        var readers: [UInt64: any LogReader] = [:]
        var lastNumber: UInt64 = 0
        var isOpen = true
        /// Whether the thread has still something to do.
        var isRunning = true
        /// Whether the thread waits, so that it has to be woken.
        var isIdle = false
    }

    let id = Envelope(subject: "log").id
    let stream: String
    let namespace: Namespace
    let timeout: Duration
    let logger: Logger?
    private let onLeftOut: (@Sendable (UInt64, EventError) -> Void)?
    private let state: Lock<State>
    private let signal = DispatchSemaphore(value: 0)
    // Relaxed: a number that the server says now and then, and that guards nothing.
    private let maximumPayload = Atomic<Int>(1 << 20)

    init(_ configuration: NATSLogConfiguration, _ namespace: Namespace) {
        (stream, self.namespace) = (configuration.stream, namespace)
        (timeout, logger) = (configuration.timeout.bounded, configuration.logger)
        onLeftOut = configuration.onLeftOut
        state = Lock(State(book: RequestBook(capacity: configuration.maximumInFlight, timeout: timeout)))
    }

    /// Changes the state, and wakes the thread.
    private func change<Result>(_ body: (inout State) -> sending Result) -> sending Result {
        let (result, isIdle) = state.withLock { state in
            let result = body(&state)
            defer { state.isIdle = false }
            return (result, state.isIdle)
        }
        if isIdle { signal.signal() }
        return result
    }

    // MARK: Asking

    /// Sends a question until it is answered or the time is up.
    ///
    /// - Parameters:
    ///   - request: The question; being asked twice it has to do no harm.
    ///   - operation: What errors call it.
    /// - Returns: The body of the answer.
    /// - Throws: ``EventError/busClosed``, ``EventError/transport(_:)``, and `CancellationError`.
    func ask(_ request: LogRequest, to operation: @autoclosure () -> String) async throws -> Data {
        let number = state.withLock { $0.book.reserve() }
        let outcome = await withTaskCancellationHandler {
            await Waiter<Outcome>.suspend { waiter in
                let isOpen = change { state in
                    if state.isOpen { state.book.add(number, request, waiter, now: .now) }
                    return state.isOpen
                }
                guard isOpen else { return waiter.resume(returning: .closed) }
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
        let reason: String
        switch outcome {
        case .answer(let data): return data
        case .cancelled: throw CancellationError()
        case .closed: throw EventError.busClosed
        case .refused(let words): reason = words
        case .expired(let wasUnheard):
            let fault = wasUnheard ? "nobody answers there: no JetStream, no such stream, or no leader" : "no answer"
            reason = "\(fault) within \(timeout)"
        }
        throw EventError.transport(TransportFailure(operation: operation(), reason: reason))
    }

    private func cancel(_ number: UInt64) {
        change { $0.book.cancel(number) }?.resume(returning: .cancelled)
    }

    func answered(_ number: UInt64, _ data: Data) {
        change { $0.book.answered(number) }?.resume(returning: .answer(data))
    }

    func unheard(_ number: UInt64) { change { $0.book.unheard(number, now: .now) } }

    /// It could not be sent, and never will be.
    func refused(_ number: UInt64, _ reason: String) {
        change { $0.book.cancel(number) }?.resume(returning: .refused(reason))
    }

    /// The server forbids to publish on a subject.
    func forbidden(_ subject: Substring.UTF8View, _ words: String) {
        for waiter in change({ $0.book.takeAll(to: subject) }) { waiter.resume(returning: .refused(words)) }
        for reader in readers { reader.forbidden(subject, words) }
    }

    // MARK: Commands and readers

    /// Tells of what is no envelope, and that nobody gets.
    func leaveOut(_ sequence: UInt64, _ error: EventError) {
        logger?.warning("number \(sequence) of the log is left out: \(error)")
        onLeftOut?(sequence, error)
    }

    func order(_ command: Command) { change { $0.commands.append(command) } }

    /// A number that nothing else of this log has.
    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// - Returns: Whether the log is open.
    func add(_ reader: any LogReader, _ number: UInt64) -> Bool {
        change { state in
            if state.isOpen { state.readers[number] = reader }
            return state.isOpen
        }
    }

    func removeReader(_ number: UInt64) { _ = state.withLock { $0.readers.removeValue(forKey: number) } }

    var readers: [any LogReader] { state.withLock { Array($0.readers.values) } }

    var limitOfPayload: Int {
        get { maximumPayload.load(ordering: .relaxed) }
        set { maximumPayload.store(newValue, ordering: .relaxed) }
    }

    // MARK: The thread

    var isRunning: Bool { state.withLock { $0.isRunning } }

    func happened(_ event: ConnectionEvent) { change { $0.events.append(event) } }

    /// There is a server again.
    func reconnected() {
        change { $0.book.sendAllAgain() }
        for reader in readers { reader.reconnected() }
    }

    /// Takes what there is to do, and gives up what has waited for too long.
    func takeWork() -> Work {
        let (work, expired) = state.withLock { state in
            let now = ContinuousClock.now
            let expired = state.book.tick(now: now)
            let work = Work(commands: state.commands, sendings: state.book.take(now: now), events: state.events)
            (state.commands, state.events) = ([], [])
            return (work, expired)
        }
        for expired in expired { expired.waiter.resume(returning: .expired(wasUnheard: expired.wasUnheard)) }
        return work
    }

    /// Waits until there is something to do.
    func waitForWork(until latest: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let time = state.withLock { state -> ContinuousClock.Instant? in
            guard state.isRunning, state.commands.isEmpty, state.events.isEmpty else { return nil }
            let time = min(state.book.nextTime(now: now) ?? latest, latest)
            guard time > now else { return nil }
            state.isIdle = true
            return time
        }
        guard let time else { return }
        _ = signal.wait(timeout: .now() + .nanoseconds(Int(clamping: (time - now).wholeNanoseconds)))
        // Whoever has seen that the thread waits signals once; when the time is up first, that signal makes the next wait short.
        state.withLock { $0.isIdle = false }
    }

    /// Ends all waits.
    func close() {
        let (waiters, readers) = change { state in
            defer { (state.isOpen, state.readers) = (false, [:]) }
            return (state.book.takeAll(), Array(state.readers.values))
        }
        for waiter in waiters { waiter.resume(returning: .closed) }
        // They may have something to give back, which the thread sends at its end.
        for reader in readers { reader.close() }
        change { $0.isRunning = false }
    }
}
