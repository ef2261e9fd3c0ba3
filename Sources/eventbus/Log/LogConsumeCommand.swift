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
            the acknowledgement is lost, or this program is.

            Runs until Ctrl-C, SIGTERM or SIGHUP, until --count envelopes are printed, or until the time is up. Exits with \
            status 1 if fewer than --count envelopes come within --within.

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
            "Where a new one begins: beginning, end, a number of the log, or a time. (default: beginning)",
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

    @OptionGroup var limits: ReadingLimits

    @OptionGroup var delivery: DeliveryOptions

    func run() async throws {
        let reading = try LogReading(delivery, limits)
        let log = try await log.open()
        var options = NATSLogConsumerOptions(start: from)
        if let limit = acknowledgementWait { options.acknowledgementWait = limit.duration }
        options.maximumDeliveries = maximumDeliveries
        if let limit = maximumUnacknowledged { options.maximumUnacknowledged = limit }
        let (name, pattern, count) = (name, pattern ?? ">", limits.count)
        do {
            try await reading.run(log) { [options] in
                let consumer = try await log.consume(name: name, of: pattern, options: options)
                var printed = 0
                while printed < count ?? .max, !Task.isCancelled, let delivery = try await consumer.next() {
                    let isPrinted = await reading.print(delivery.envelope)
                    guard reading.isWritable else { break }
                    // Of its own, so that what is printed is acknowledged, whatever ends the reading.
                    try await Task { try await delivery.ack() }.value
                    if isPrinted { printed += 1 }
                }
                consumer.close()
                return printed
            }
        } catch EventError.invalidConfiguration(let fault) {
            throw ValidationError("\(fault).")
        }
    }
}
