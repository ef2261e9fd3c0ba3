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

            matched is always delivered + dropped, unless standard output fails. Each subscription sees the order of \
            the input. With --output json a line is an envelope as 'eventbus pub' reads it, whose first member \
            "pattern" says which one it fitted.

            The input is UTF-8, with or without a mark at its beginning, and lines end with a line feed, also after a \
            carriage return. Blank lines are skipped. A malformed line is reported on standard error by its number and \
            the byte in it, counted from 0; the rest goes on, and the exit status is 65. \(EnvelopeLimits.help)

            Ctrl-C, SIGTERM and SIGHUP stop reading, print what was read and the table, and exit 0; a second one ends \
            the program at once.

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
        let stop = try StopSwitch.onSignal(within: bus.linger)
        let limits = bus.envelopeLimits
        let input = try InputFile(path: file, stop: stop)
        let output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
        let diagnostics = Diagnostics()
        let drops = DropCounter()
        let bus = try await bus.open(for: .routing, observer: drops)
        let route = Route(bus: bus, output: output, diagnostics: diagnostics)

        let subscriptions = try await subscribe(on: route.bus)
        let report = await route.run(LineReader(input, limits: limits), to: subscriptions, drops: drops)

        guard output.failure != EPIPE else { return }
        do { try output.check() } catch { await diagnostics.report(error) }
        await diagnostics.note(report.description)
        try diagnostics.check()
    }

    private func subscribe(on bus: any Bus) async throws -> [RouteSubscription] {
        let patterns = patterns.isEmpty ? [">"] : patterns
        let width = patterns.lazy.map(\.rawValue.printable.count).max() ?? 0
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
