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

            A line 'subscribed to …' on standard error marks the point from which everything published is seen; before it, \
            'bound …' gives each address others can connect to.

            Runs until Ctrl-C, which prints what has arrived and exits 0; until --count envelopes are printed; or until \
            the time is up. Exits with status 1 if fewer than --count envelopes arrive within --within.

            Example: eventbus sub 'graph.run.*.start' 'kanban.>' --bus 'zmq:?subscribe=bind:tcp://127.0.0.1:5556'
            """
    )

    @Argument(
        help: ArgumentHelp("What to print, such as 'orders.*.created' or '>'.", valueName: "pattern"),
        transform: { try Pattern(validating: $0) }
    )
    var patterns: [Pattern]

    @OptionGroup var bus: BusOptions

    @Option(help: ArgumentHelp("Exit after so many envelopes.", valueName: "n"))
    var count: Int?

    @Option(
        help: ArgumentHelp(
            "Exit after so long, such as 500ms, 5s or 2m; a bare number means seconds.",
            valueName: "time"
        )
    )
    var within: TimeLimit?

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

    @Flag(name: .shortAndLong, help: "Do not tell when the subscription is in effect.")
    var quiet = false

    func validate() throws {
        guard count ?? 1 > 0 else { throw ValidationError("--count must be at least 1.") }
    }

    func run() async throws {
        // A closed pipe is then an error of write(2), which ends the program quietly, and not a signal.
        _ = signal(SIGPIPE, SIG_IGN)

        let stop = try StopSwitch()
        let output = OutputWriter(descriptor: STDOUT_FILENO) { stop.trip() }
        let diagnostics = Diagnostics()
        let drops = DropCounter()
        let bus = try await bus.open(for: .subscribing, observer: drops)
        let quota = count.map { DeliveryQuota($0) { stop.trip() } }
        let printer = DeliveryPrinter(output: output, diagnostics: diagnostics, quota: quota)

        let reason = try await withTerminationSignals {
            stop.trip()
        } during: {
            do {
                let subscriptions = try await subscribe(on: bus)
                if !quiet { await announce(bus, on: diagnostics) }
                return await print(subscriptions, of: bus, with: printer, until: stop)
            } catch {
                await bus.close()
                throw error
            }
        }

        let isCutOff = reason == .outputIsClosed || output.failure == EPIPE
        if let code = output.failure, code != EPIPE {
            await diagnostics.report("\(SystemError("standard output", code))")
        }
        if drops.overflow > 0 {
            await diagnostics.note("lost \(drops.overflow) envelopes that came faster than they could be printed")
        }
        if let count, let quota, let within, reason == .timeIsUp, quota.remaining > 0 {
            await diagnostics.report("only \(count - quota.remaining) of \(count) envelopes came within \(within)")
        }
        if diagnostics.hasProblems, !isCutOff { throw ExitCode.failure }
    }

    /// Each subscription leaves out what an earlier one prints.
    private func subscribe(on bus: any Bus) async throws -> [Subscription] {
        var subscriptions: [Subscription] = []
        for (index, pattern) in patterns.enumerated() {
            let earlier = patterns[..<index]
            let options = SubscriptionOptions(bufferCapacity: buffer, backpressure: backpressure) {
                [delivery] envelope in
                delivery.accepts(envelope) && !earlier.contains { $0.matches(envelope.subject) }
            }
            subscriptions.append(try await bus.subscribe(to: pattern, options: options))
        }
        return subscriptions
    }

    private func announce(_ bus: any Bus, on diagnostics: Diagnostics) async {
        await bus.announceEndpoints(on: diagnostics)
        await diagnostics.note("subscribed to \(patterns.map(\.rawValue.printable).joined(separator: ", "))")
    }

    /// Prints until there is a reason to stop, and then what has arrived by then.
    private func print(
        _ subscriptions: [Subscription],
        of bus: any Bus,
        with printer: DeliveryPrinter,
        until stop: StopSwitch
    ) async -> StopSwitch.Reason {
        let formatter = DeliveryFormatter(format: delivery.output)
        return await withTaskGroup { group in
            for subscription in subscriptions {
                group.addTask {
                    _ = await printer.printAll(of: subscription, as: formatter)
                    stop.trip()
                }
            }
            let reason = await stop.wait(orClosed: STDOUT_FILENO, within: within?.duration)
            await bus.close()
            return reason
        }
    }
}
