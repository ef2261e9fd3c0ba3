import ArgumentParser
import EventCore
import EventNATS
import EventTransport
import Foundation
import Synchronization

/// `eventbus log append`: appends envelopes to a log.
struct LogAppendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Append envelopes to a log.",
        discussion: """
            With a subject, appends one envelope. Without one, reads JSON lines, each an envelope as 'eventbus sub --output \
            json' prints it, from standard input or --file, and appends one after the other. Prints a line for each that the \
            servers have: its number, its subject and its id, with tabs between them, and 'duplicate' behind them when the \
            log had its id already and has kept no second one. So a run that was interrupted can be repeated with the same \
            lines, where each has an id; a line without one gets one, which is printed. A line that is malformed, too large for \
            the servers, or on a subject that the log does not take is reported by its number, the rest goes on, and the exit \
            status is 65.

            Ctrl-C, SIGTERM and SIGHUP stop reading and append what was read, unless the servers confirm nothing for 2 s; \
            the exit status is 1 when not all is appended.

            Example: eventbus log append orders.eu.created '{"id":7}' --stream orders --create --replicas 3 \\
            --bus 'nats://host:4222?namespace=shop'
            """
    )

    @Argument(
        help: "The subject of one envelope.",
        transform: { try Subject(validating: NegativeArguments.restored($0)) }
    )
    var subject: Subject?

    @Argument(
        help: ArgumentHelp("Its payload, as JSON text.", valueName: "json"),
        transform: NegativeArguments.restored
    )
    var payload: String?

    @Option(help: ArgumentHelp("Who appends it.", valueName: "name"), transform: NegativeArguments.restored)
    var source: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header of it; repeatable.", valueName: "key=value"),
        transform: { try HeaderArgument(argument: $0) }
    )
    var headers: [HeaderArgument] = []

    @Option(
        help: ArgumentHelp("A file of JSON lines, or - for standard input. (default: -)", valueName: "file"),
        completion: .file(),
        transform: NegativeArguments.restored
    )
    var file: String?

    @OptionGroup var log: LogOptions

    @OptionGroup var creation: LogCreation

    func validate() throws {
        if let subject {
            guard file == nil else { throw ValidationError("Give either a subject or --file.") }
            _ = try envelope(on: subject)
        } else if source != nil || !headers.isEmpty {
            throw ValidationError("--source and --header need a subject; in JSON lines each line has its own.")
        }
    }

    func run() async throws {
        let stop = try StopSwitch.onSignal(within: LogOptions.linger)
        let (progress, diagnostics) = (Progress(), Diagnostics())
        let task = Task { try await appendAll(stop, progress, diagnostics) }
        stop.whenTripped {
            Task {
                await progress.waitUntilStuck()
                task.cancel()
            }
        }
        do {
            try await task.value
        } catch is CancellationError {
            let count = progress.state.withLock { $0.count }
            await diagnostics.report(
                "interrupted: the servers have confirmed \(count), and maybe have one more",
                .incomplete
            )
        }
        try diagnostics.check()
    }

    private func appendAll(_ stop: StopSwitch, _ progress: Progress, _ diagnostics: Diagnostics) async throws {
        let output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
        let limits = EnvelopeLimits(busAllows: nil)
        var lines = subject == nil ? LineReader(try InputFile(path: file ?? "-", stop: stop), limits: limits) : nil
        let log = try await log.open(creation)
        progress.state.withLock { $0.isOpen = true }
        do {
            if let subject {
                try await append(try envelope(on: subject), to: log, output, progress)
            } else {
                while let batch = try await lines?.nextBatch() {
                    for line in batch {
                        try await append(line, of: lines?.name ?? "", limits, to: log, output, progress, diagnostics)
                    }
                }
                if let lines, lines.isCutShort { await diagnostics.report(Interruption.reading(lines.name)) }
            }
        } catch let error as CancellationError {
            // The server is stuck, and so would closing be.
            throw error
        } catch {
            await log.close()
            throw error
        }
        await log.close()
        try output.check()
    }

    private func envelope(on subject: Subject) throws -> Envelope {
        try GivenHeaders(headers).envelope(on: subject, source: source, payload: payload)
    }

    /// Appends the envelope of a line; one that holds none, or that the log does not take, is reported.
    private func append(
        _ line: Line,
        of file: String,
        _ limits: EnvelopeLimits,
        to log: NATSLog,
        _ output: OutputWriter,
        _ progress: Progress,
        _ diagnostics: Diagnostics
    ) async throws {
        do {
            if let envelope = try line.envelope(limits) { try await append(envelope, to: log, output, progress) }
        } catch let error as EventError where ExitStatus(of: error) != .unavailable {
            await diagnostics.report("\(file):\(line.number): \(error)", .data)
        }
        TerminationSignals.noteProgress()
    }

    private func append(
        _ envelope: Envelope,
        to log: NATSLog,
        _ output: OutputWriter,
        _ progress: Progress
    ) async throws {
        // Here, so that the id that is printed is the one it goes by.
        let envelope = envelope.filledForPublishing()
        let position = try await log.append(envelope)
        progress.state.withLock { $0.count += 1 }
        var parts = ["\(position.sequence)", envelope.subject.rawValue, envelope.id]
        if position.isDuplicate { parts.append("duplicate") }
        await output.write(line: parts.map(\.printable).joined(separator: "\t"))
    }
}

/// How far an appending is, for who has to end it.
private final class Progress: Sendable {
    struct State {
        var isOpen = false
        /// How many the servers have.
        var count = 0
    }

    let state = Mutex(State())
    /// How long the servers may take for an envelope once there is a reason to stop.
    private static let patience = Duration.seconds(2)

    /// Returns when nothing gets done: the log is not open, or the servers confirm nothing for a while.
    func waitUntilStuck() async {
        guard state.withLock({ $0.isOpen }) else { return }
        var last = -1
        while case let count = state.withLock({ $0.count }), count != last {
            last = count
            try? await AlarmClock.shared.sleep(for: Self.patience)
        }
    }
}
