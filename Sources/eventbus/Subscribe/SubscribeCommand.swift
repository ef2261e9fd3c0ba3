import ArgumentParser
import EventCore
import Foundation

/// `eventbus sub`: prints what is published on a bus.
struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sub",
        abstract: "Print the envelopes that others publish on a bus.",
        discussion: """
            Prints each envelope that fits one of the patterns, once, as it arrives. What fits one pattern is in the \
            order of its publisher. With --output json each line is an envelope as 'eventbus pub' reads it.

            A line 'subscribed to …' on standard error marks the point from which everything published is seen. Before it, \
            'bound …' gives each address others can connect to, and what is waited for is told when that takes long.

            Runs until Ctrl-C, SIGTERM or SIGHUP, which print what has arrived and exit 0; until --count envelopes are \
            printed; or until the time is up. Exits with status 1 if fewer than --count envelopes arrive within --within. \
            A second Ctrl-C ends it at once, without the sums.

            A loss is told when it begins: 'lost …' between a publisher and here, 'dropped …' for want of room here. The \
            last line has the sums:

              received   what came for the patterns and headers, printed or dropped
              lost       what was sent and did not arrive
              dropped    what came faster than it could be printed; --buffer holds more
              malformed  messages that were no envelopes

            With --fail-on-loss the status is 3 if anything was lost or dropped.

            Example: eventbus sub 'graph.run.*.start' 'kanban.>' --bus 'zmq:?subscribe=bind:tcp://127.0.0.1:5556'
            """
    )

    @Argument(
        help: ArgumentHelp("What to print, such as 'orders.*.created' or '>'.", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var patterns: [Pattern]

    @OptionGroup var bus: BusOptions

    @OptionGroup var limits: ReadingLimits

    @OptionGroup var delivery: DeliveryOptions

    @Option(
        help: ArgumentHelp("How many envelopes may wait to be printed. (default: 65536)", valueName: "n"),
        transform: SubscriptionOptions.bufferCapacity
    )
    var buffer = 65_536

    @Option(
        help: ArgumentHelp(
            """
            What is lost when so many wait: the new envelope (drop_newest, and block for what comes from elsewhere), or \
            the oldest (drop_oldest).
            """,
            valueName: "policy"
        )
    )
    var backpressure = BackpressurePolicy.dropNewest

    @Option(
        help: ArgumentHelp(
            """
            Share the work: of all that subscribe to the same patterns with this group, each envelope goes to one. Buses \
            over NATS have groups; --header chooses among what this process gets.
            """,
            valueName: "name"
        ),
        transform: SubscriptionOptions.group
    )
    var group: String?

    @Flag(help: "Exit with status 3 if anything was lost or dropped.")
    var failOnLoss = false

    @Option(
        help: ArgumentHelp(
            """
            Write the sums to a file at the end, as {"received":N,"lost":N,"dropped":N,"malformed":N}, and "unknown":N \
            if something may be lost that nobody could count; it is replaced as a whole.
            """,
            valueName: "file"
        ),
        completion: .file()
    )
    var summary: String?

    @Flag(name: .shortAndLong, help: "Tell of losses and problems only.")
    var quiet = false

    func validate() throws {
        guard summary != "-", summary != "" else { throw ValidationError("--summary needs the name of a file.") }
    }

    func run() async throws {
        let stop = try StopSwitch.onSignal(within: bus.linger)
        let deadline = limits.within?.deadline
        let file = try summary.map { try SummaryFile(checking: $0) }
        let output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
        let diagnostics = Diagnostics()
        let drops = DropNotices()
        let quota = limits.count.map { DeliveryQuota($0) { stop.trip() } }
        let reception = Reception(
            bus: try await bus.open(for: .subscribing, observer: drops),
            patterns: patterns,
            options: SubscriptionOptions(
                bufferCapacity: buffer,
                backpressure: backpressure,
                group: group,
                predicate: delivery.accepts
            ),
            printer: DeliveryPrinter(output: output, diagnostics: diagnostics, quota: quota),
            formatter: DeliveryFormatter(format: delivery.output),
            drops: drops,
            isQuiet: quiet,
            stop: stop
        )
        let outcome = await reception.run(until: deadline)

        let isSaved = await save(outcome.tally, in: file, diagnostics)
        let isCutOff = outcome.reason == .outputIsClosed || output.failure == EPIPE
        do { try output.check() } catch { await diagnostics.report(error) }
        await tell(outcome, missing: quota?.remaining ?? 0, on: diagnostics)
        if let failure = outcome.failure { throw failure }
        if failOnLoss, !outcome.tally.isLossless { throw ExitStatus.loss.code }
        if !isCutOff || !isSaved { try diagnostics.check() }
    }

    /// - Returns: Whether the sums are where they were asked for.
    private func save(_ tally: ReceptionTally, in file: SummaryFile?, _ diagnostics: Diagnostics) async -> Bool {
        do {
            try file?.write(tally.json)
            return true
        } catch {
            await diagnostics.report(error)
            return false
        }
    }

    private func tell(_ outcome: Reception.Outcome, missing: Int, on diagnostics: Diagnostics) async {
        if !outcome.unconfirmed.isEmpty, !quiet || outcome.early > 0 {
            let list = outcome.unconfirmed.map(\.rawValue.printable).joined(separator: ", ")
            let early = outcome.early > 0 ? "; \(outcome.early) envelopes that had come are not printed" : ""
            await diagnostics.note("not subscribed to \(list): publishers had still to confirm\(early)")
        }
        if !quiet || !outcome.tally.isLossless { await diagnostics.note("\(outcome.tally)") }
        if let count = limits.count, let within = limits.within, outcome.reason == .timeIsUp, missing > 0 {
            await diagnostics.report("only \(count - missing) of \(count) envelopes came within \(within)", .incomplete)
        }
    }
}
