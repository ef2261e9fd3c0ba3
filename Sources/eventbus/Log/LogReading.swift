import EventCore
import EventNATS
import Foundation
import Synchronization

/// Reads a log until it is done, a signal comes, the time is up, or nobody reads the output any more.
struct LogReading: Sendable {
    /// What has become of an envelope.
    enum Printing {
        case printed
        /// It has not the headers that are asked for.
        case leftOut
        /// The format has no form for it, which was reported.
        case impossible
        /// Nobody takes the output any more.
        case unwritable
    }

    /// What several tasks see.
    private final class Notes: Sendable {
        let isOpen = Atomic(false)
        /// The numbers that were reported, which may come again.
        let reported = Mutex<Set<UInt64>>([])
    }

    let formatter: DeliveryFormatter
    private let accepts: @Sendable (Envelope) -> Bool
    /// How many envelopes are to be printed at most.
    let count: Int?
    let deadline: ContinuousClock.Instant?
    private let stop: StopSwitch
    private let output: OutputWriter
    private let diagnostics = Diagnostics()
    private let notes = Notes()

    /// Begins to wait for signals.
    ///
    /// - Parameters:
    ///   - format: How to print.
    ///   - limits: When to stop.
    ///   - accepts: Whether an envelope is to be printed.
    /// - Throws: What the system says when it does not let the signals be waited for.
    init(
        _ format: DeliveryFormat,
        _ limits: ReadingLimits,
        for accepts: @escaping @Sendable (Envelope) -> Bool = { _ in true }
    ) throws {
        let stop = try StopSwitch.onSignal(within: LogOptions.linger)
        (self.stop, self.accepts, count) = (stop, accepts, limits.count)
        formatter = DeliveryFormatter(format: format)
        deadline = limits.within?.deadline
        output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
    }

    /// Prints an envelope, when it has the headers that are asked for.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - number: Its number in the log, by which it is reported once when it cannot be printed.
    /// - Returns: What has become of it.
    func print(_ envelope: Envelope, number: UInt64) async -> Printing {
        guard accepts(envelope) else { return .leftOut }
        var line: [UInt8] = []
        do {
            try formatter.write(envelope, to: &line)
        } catch {
            guard notes.reported.withLock({ $0.insert(number).inserted }) else { return .impossible }
            await diagnostics.report(error, at: "number \(number) cannot be printed: envelope \(envelope.id)")
            return .impossible
        }
        return await output.write(line) ? .printed : .unwritable
    }

    /// Says something that is no problem.
    func note(_ text: String) async { await diagnostics.note(text) }

    /// Whether what was written last has come out.
    var isWritable: Bool { output.failure == nil }

    /// Opens a log and runs `body` in a task, which is cancelled when there is a reason to stop, and closes the log.
    ///
    /// - Parameters:
    ///   - options: Which log.
    ///   - body: Reads, and returns how many it has printed; it is done when it returns by itself.
    /// - Throws: What opening and `body` do; a status when something went wrong, or too little came in time.
    func run(_ options: LogOptions, _ body: @escaping @Sendable (NATSLog) async throws -> Int) async throws {
        let (leftOut, leavingOut) = AsyncStream<String>.makeStream()
        let telling = Task { for await text in leftOut { await diagnostics.report(text, .data) } }
        let task = Task {
            let log = try await options.open { leavingOut.yield("number \($0) is left out: \($1)") }
            notes.isOpen.store(true, ordering: .relaxed)
            do {
                let printed = try await body(log)
                await log.close()
                return printed
            } catch {
                await log.close()
                throw error
            }
        }
        let watch = Task {
            let reason = await stop.wait(orClosed: STDOUT_FILENO, until: deadline)
            task.cancel()
            return reason
        }
        let result = await task.result
        let isInterrupted = stop.isTripped
        // So that the watch ends; what has ended it before is not changed.
        stop.trip()
        let reason = await watch.value
        leavingOut.finish()
        await telling.value
        if output.failure != EPIPE, reason != .outputIsClosed { try output.check() }
        let printed = try printed(result)
        if !notes.isOpen.load(ordering: .relaxed), reason == .timeIsUp {
            await diagnostics.report("the log \(options.stream) was not opened in time", .incomplete)
        } else if !isInterrupted || reason == .timeIsUp, reason != .outputIsClosed, deadline != nil, let count,
            printed < count
        {
            await diagnostics.report("\(printed) of \(count) envelopes came in time", .incomplete)
        }
        try diagnostics.check()
    }

    /// How many were printed; what a reason to stop has cut short is no failure.
    private func printed(_ result: Result<Int, any Error>) throws -> Int {
        do {
            return try result.get()
        } catch is CancellationError {
            return 0
        }
    }
}
