import ArgumentParser
import EventCore
import EventNATS
import Foundation

/// `eventbus log consume`: prints what a durable consumer of a log is sent.
struct LogConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Print the envelopes of a log as a durable consumer, each once it is its turn.",
        discussion: """
            The servers keep how far the consumer of this name is, and make it when it is missing. Each envelope is acknowledged \
            once its line is written, and goes to one of those that consume under the name. A line may come twice: when \
            the acknowledgement is lost, or this program is. What is not printed is not acknowledged: --header is \
            refused here, and what --output json cannot print is told on standard error, and sent again after --acknowledgement-wait. \
            What is no envelope is told by its number and never sent again. Either makes the exit status 65.

            Runs until Ctrl-C, SIGTERM or SIGHUP, until --count envelopes are printed, or until the time is up. Exits with \
            status 1 if fewer than --count envelopes come within --within, or the log is not opened in that time.

            Example: eventbus log consume 'orders.>' --stream orders --name billing --bus nats://host:4222
            """
    )

    @Argument(
        help: ArgumentHelp("What to print, such as 'orders.*.created'. (default: '>')", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var pattern: Pattern?

    @OptionGroup var log: LogOptions

    @Option(help: ArgumentHelp("The name of the consumer.", valueName: "name"))
    var name: String

    @Option(
        help: ArgumentHelp(
            "Where a new one begins: beginning, end, a number of the log, or a time in the past. (default: beginning)",
            valueName: "place"
        ),
        transform: { try NATSLogStart(argument: $0) }
    )
    var from = NATSLogStart.beginning

    @Option(help: ArgumentHelp("When to send again what is not acknowledged. (default: 30s)", valueName: "time"))
    var acknowledgementWait: TimeLimit?

    @Option(help: ArgumentHelp("How many times an envelope is sent at most.", valueName: "n"))
    var maximumDeliveries: Int?

    @Option(help: ArgumentHelp("How many may be unacknowledged, over all readers. (default: 1000)", valueName: "n"))
    var maximumUnacknowledged: Int?

    @Option(
        help: ArgumentHelp(
            """
            How many are sent here before their turn; what is not printed at the end counts as sent for \
            --maximum-deliveries. (default: 256; 1 with --maximum-deliveries or an --acknowledgement-wait below 2s)
            """,
            valueName: "n"
        )
    )
    var readAhead: Int?

    @OptionGroup var limits: ReadingLimits

    @OptionGroup var printing: PrintingOptions

    // Not listed, and there to say why it cannot be.
    @Option(name: .customLong("header"), help: .private)
    var headers: [String] = []

    func validate() throws {
        guard headers.isEmpty else {
            throw ValidationError(
                """
                --header cannot be used here: what it leaves out would have to be acknowledged, and so be lost, without being \
                printed. Choose by a pattern, or use 'eventbus log replay --header', which acknowledges nothing.
                """
            )
        }
    }

    func run() async throws {
        let reading = try LogReading(printing.output, limits)
        var options = NATSLogConsumerOptions(start: from)
        if let limit = acknowledgementWait { options.acknowledgementWait = limit.duration }
        options.maximumDeliveries = maximumDeliveries
        if let limit = maximumUnacknowledged { options.maximumUnacknowledged = limit }
        (options.readAhead, options.expected) = (readAhead, limits.count)
        let (name, pattern, count) = (name, pattern ?? ">", limits.count)
        do {
            try await reading.run(log) { [options] log in
                let consumer = try await log.consume(name: name, of: pattern, options: options)
                var printed = 0
                printing: while printed < count ?? .max, !Task.isCancelled, let delivery = try await consumer.next() {
                    switch await reading.print(delivery.envelope, number: delivery.entry.sequence) {
                    case .printed:
                        printed += 1
                        guard try await Self.acknowledge(delivery, reading) else { break printing }
                    case .leftOut, .impossible: break
                    case .unwritable: break printing
                    }
                }
                consumer.close()
                return printed
            }
        } catch EventError.invalidConfiguration(let fault) {
            throw ValidationError("\(fault).")
        }
    }

    /// How long an acknowledgement may take once there is a reason to stop.
    private static let patience = Duration.seconds(2)

    /// Acknowledges what is printed, whatever ends the reading.
    ///
    /// - Returns: Whether the servers have it.
    private static func acknowledge(_ delivery: NATSLogDelivery, _ reading: LogReading) async throws -> Bool {
        let task = Task { try await delivery.ack() }
        do {
            try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                _ = AlarmClock.shared.set(in: patience) { task.cancel() }
            }
            return true
        } catch is CancellationError {
            await reading.note(
                "number \(delivery.entry.sequence) is printed and may come again: no server confirms that"
            )
            return false
        }
    }
}
