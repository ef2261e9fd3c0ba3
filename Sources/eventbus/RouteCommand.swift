import ArgumentParser
import EventCore
import Foundation

/// `eventbus route`: envelopes in, what each subscription received out.
struct RouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route",
        abstract: "Publish envelopes on a bus and print what each subscription receives.",
        discussion: """
            Reads JSON lines, one envelope a line, publishes each, prints every delivery as it arrives, and ends with a \
            table on standard error:

              matched    envelopes that fitted the pattern and every --header
              delivered  those printed
              dropped    those that found no room, or lost it to a newer one

            The bus is in-process (memory:) unless --bus or EVENT_BUS names another; in that case what others publish is \
            printed as well, until the input ends.

            matched is always delivered + dropped. Each subscription sees the order of the input.

            Blank lines are skipped. A malformed line is reported on standard error by its number and the byte in it, \
            counted from 0; the rest goes on, and the exit status is 1. Ctrl-C stops reading, prints what was read and \
            the table, and exits 0; a second one ends the program at once.

            Example: eventbus route --subscribe 'graph.run.*.start' --subscribe 'kanban.>' Examples/runs.jsonl
            """
    )

    @Option(
        name: .customLong("subscribe"),
        help: ArgumentHelp("Subscribe to a pattern; repeatable. (default: >)", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var patterns: [Pattern] = []

    @OptionGroup var bus: BusOptions

    @Option(
        help: ArgumentHelp("How many envelopes a subscription may hold unprinted. (default: 1024)", valueName: "n"),
        transform: SubscriptionOptions.bufferCapacity
    )
    var buffer = 1024

    @Option(
        help: ArgumentHelp(
            """
            What happens to an envelope when a subscription is full: it waits, so that none is lost (block), it is \
            dropped (drop_newest), or the oldest one waiting is (drop_oldest).
            """,
            valueName: "policy"
        )
    )
    var backpressure = BackpressurePolicy.block

    @OptionGroup var delivery: DeliveryOptions

    @Argument(
        help: ArgumentHelp("A file of JSON lines, or - for standard input.", valueName: "file"),
        completion: .file()
    )
    var file = "-"

    func run() async throws {
        // A closed pipe is then an error of write(2), which ends the route quietly, and not a signal.
        _ = signal(SIGPIPE, SIG_IGN)

        let stop = try StopSwitch()
        let input = try InputFile(path: file, stop: stop)
        let output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
        let diagnostics = Diagnostics()
        let drops = DropCounter()
        let bus = try await bus.open(for: .routing, observer: drops)
        let route = Route(bus: bus, output: output, diagnostics: diagnostics)

        let report = try await withTerminationSignals {
            stop.trip()
        } during: {
            let subscriptions = try await subscribe(on: route.bus)
            return await route.run(LineReader(input), to: subscriptions, drops: drops)
        }

        switch output.failure {
        case EPIPE: return
        case let code?: await diagnostics.report("\(SystemError("standard output", code))")
        case nil: break
        }
        await diagnostics.note(report.description)
        if diagnostics.hasProblems { throw ExitCode.failure }
    }

    private func subscribe(on bus: any Bus) async throws -> [RouteSubscription] {
        let patterns = patterns.isEmpty ? [">"] : patterns
        let width = patterns.lazy.map(\.rawValue.count).max() ?? 0
        let options = SubscriptionOptions(
            bufferCapacity: buffer,
            backpressure: backpressure,
            predicate: delivery.accepts
        )
        var subscriptions: [RouteSubscription] = []
        for pattern in patterns {
            let formatter = try DeliveryFormatter(pattern: pattern, width: width, format: delivery.output)
            subscriptions.append(
                try await RouteSubscription(on: bus, to: pattern, options: options, formatter: formatter)
            )
        }
        return subscriptions
    }
}
