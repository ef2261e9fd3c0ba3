import EventCore
import EventNATS
import Foundation

/// Reads a log until it is done, a signal comes, the time is up, or nobody reads the output any more.
struct LogReading: Sendable {
    let formatter: DeliveryFormatter
    let delivery: DeliveryOptions
    /// How many envelopes are to be printed at most.
    let count: Int?
    let deadline: ContinuousClock.Instant?
    private let stop: StopSwitch
    private let output: OutputWriter
    private let diagnostics = Diagnostics()

    init(_ delivery: DeliveryOptions, _ limits: ReadingLimits) throws {
        let stop = try StopSwitch.onSignal(within: LogOptions.linger)
        (self.stop, self.delivery, count) = (stop, delivery, limits.count)
        formatter = DeliveryFormatter(format: delivery.output)
        deadline = limits.within?.deadline
        output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
    }

    /// Prints an envelope, when it has the headers that are asked for.
    ///
    /// - Returns: Whether it was printed.
    func print(_ envelope: Envelope) async -> Bool {
        guard delivery.accepts(envelope) else { return false }
        var line: [UInt8] = []
        do {
            try formatter.write(envelope, to: &line)
            await output.write(line)
        } catch {
            await diagnostics.report(error, at: "envelope \(envelope.id)")
        }
        return true
    }

    /// Whether what was written last has come out.
    var isWritable: Bool { output.failure == nil }

    /// Runs `body` in a task, which is cancelled when there is a reason to stop, and closes the log.
    ///
    /// - Parameters:
    ///   - log: The log.
    ///   - body: Reads, and returns how many it has printed; it is done when it returns by itself.
    /// - Throws: What `body` does; a status when something went wrong, or too few came in time.
    func run(_ log: NATSLog, _ body: @escaping @Sendable () async throws -> Int) async throws {
        let task = Task { try await body() }
        let watch = Task {
            let reason = await stop.wait(orClosed: STDOUT_FILENO, until: deadline)
            task.cancel()
            return reason
        }
        let result = await task.result
        // So that the watch ends; what has ended it before is not changed.
        stop.trip()
        let reason = await watch.value
        await log.close()
        if output.failure != EPIPE, reason != .outputIsClosed { try output.check() }
        let printed = try result.get()
        try diagnostics.check()
        if reason == .timeIsUp, let count, printed < count { throw ExitStatus.incomplete.code }
    }
}
