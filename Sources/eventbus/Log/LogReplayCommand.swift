import ArgumentParser
import EventCore
import EventNATS
import Foundation

/// `eventbus log replay`: prints what a log has.
struct LogReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Print the envelopes of a log.",
        discussion: """
            Prints each envelope that fits the pattern, in the order of the log, and ends; with --follow it goes on with what is \
            appended, without a hole, until Ctrl-C, SIGTERM, SIGHUP, --count or --within. With --output json each line is an \
            envelope as 'eventbus log append' and 'eventbus pub' read it.

            What is no envelope is left out and told by its number on standard error, and the exit status is 65; so it is for \
            what --output json cannot print. Exits with status 1 if fewer than --count envelopes come within --within, \
            also when the log has no more of them, or when the log is not opened in that time.

            Example: eventbus log replay 'orders.>' --stream orders --from 2026-01-31T12:00:00Z --bus nats://host:4222
            """
    )

    @Argument(
        help: ArgumentHelp("What to print, such as 'orders.*.created'. (default: '>')", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var pattern: Pattern?

    @OptionGroup var log: LogOptions

    @Option(
        help: ArgumentHelp(
            "Where to begin: beginning, end, a number of the log, or a time in the past such as 2026-01-31T12:00:00Z. (default: beginning)",
            valueName: "place"
        ),
        transform: { try NATSLogStart(argument: $0) }
    )
    var from = NATSLogStart.beginning

    @Flag(help: "Go on with what is appended.")
    var follow = false

    @OptionGroup var limits: ReadingLimits

    @OptionGroup var delivery: DeliveryOptions

    func run() async throws {
        let reading = try LogReading(delivery.output, limits, for: delivery.accepts)
        let (pattern, from, follow, count) = (pattern ?? ">", from, follow, limits.count)
        try await reading.run(log) { log in
            let replay = try await log.replay(of: pattern, from: from)
            var printed = 0
            guard follow || replay.initialCount > 0 else { return 0 }
            while printed < count ?? .max, reading.isWritable, !Task.isCancelled,
                let entry = try await (follow ? replay.next() : replay.nextThere())
            {
                if await reading.print(entry.envelope, number: entry.sequence) == .printed { printed += 1 }
                if !follow, entry.remaining == 0 { break }
            }
            return printed
        }
    }
}

extension NATSLogStart {
    /// Reads a place from the command line.
    init(argument: String) throws {
        switch argument {
        case "beginning": self = .beginning
        case "end": self = .end
        default:
            if let number = UInt64(argument) {
                self = .sequence(number)
            } else if let date = try? Date(argument, strategy: .iso8601) {
                self = .time(date)
            } else {
                throw ValidationError("it must be beginning, end, a number, or a time such as 2026-01-31T12:00:00Z")
            }
        }
    }
}
