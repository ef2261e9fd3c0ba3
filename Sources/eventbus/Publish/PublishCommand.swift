import ArgumentParser
import EventCore
import Foundation

/// `eventbus pub`: publishes envelopes on a bus.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pub",
        abstract: "Publish envelopes on a bus.",
        discussion: """
            With a subject, publishes one envelope. Without one, reads JSON lines, each an envelope as 'eventbus sub \
            --output json' prints it, from standard input or --file. Blank lines are skipped; a malformed line is \
            reported on standard error by its number, the rest goes on, and the exit status is 65. The input is UTF-8, with \
            or without a mark at its beginning. \(EnvelopeLimits.help)

            A ZeroMQ bus has no subscribers when it is opened, and whatever has no listener is lost: use \
            --wait-for-subscribers. How many that were, and whose queue was full, is told at the end.

            Ctrl-C, SIGTERM and SIGHUP stop reading and publish what was read. It exits 0 if that is all there was to publish: an input \
            that is a terminal or a pipe need not have ended, a file must be read to its end. If anything it was given \
            is not published, such as an envelope that still waits for subscribers, it says so and exits 1.

            Example: eventbus pub orders.eu.created '{"id":7}' --source checkout --wait-for-subscribers 1 \
            --bus 'zmq:?publish=connect:tcp://127.0.0.1:5556'
            """
    )

    @Argument(
        help: "The subject of one envelope.",
        transform: { try Subject(validating: NegativeArguments.restored($0)) }
    )
    var subject: Subject?

    @Argument(
        help: ArgumentHelp("Its payload, as JSON text, or - to read that from standard input.", valueName: "json"),
        transform: NegativeArguments.restored
    )
    var payload: String?

    @Option(help: ArgumentHelp("Who publishes it.", valueName: "name"), transform: NegativeArguments.restored)
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

    @OptionGroup var bus: BusOptions

    @Option(
        help: ArgumentHelp(
            "Publish only when so many subscribers are ready for the (first) envelope's subject.",
            valueName: "n"
        )
    )
    var waitForSubscribers = 0

    @Option(
        help: ArgumentHelp(
            "How long to wait for them, such as 500ms, 1.5s or 2m; a bare number means seconds. (default: 10s)",
            valueName: "time"
        )
    )
    var within: TimeLimit?

    func validate() throws {
        guard waitForSubscribers >= 0 else { throw ValidationError("--wait-for-subscribers must not be negative.") }
        guard within == nil || waitForSubscribers > 0 else {
            throw ValidationError("--within limits --wait-for-subscribers, which is not given.")
        }
        if let subject {
            guard file == nil else { throw ValidationError("Give either a subject or --file.") }
            _ = try envelope(on: subject)
        } else if source != nil || !headers.isEmpty {
            throw ValidationError("--source and --header need a subject; in JSON lines each line has its own.")
        }
    }

    func run() async throws {
        let stop = try StopSwitch.onSignal(within: bus.linger)
        let diagnostics = Diagnostics()
        let input = try input(stop, bus.envelopeLimits)
        let bus = try await bus.open(for: .publishing)
        let publication = Publication(bus: bus, diagnostics: diagnostics, wait: try wait(on: bus, diagnostics))

        let task = Task { try await publication.publish(input) }
        stop.whenTripped { task.cancel() }
        if publication.wait != nil { await bus.announceEndpoints(on: diagnostics) }
        let result = await task.result
        await bus.close()
        await publication.wait?.narration.value

        await publication.reportLosses()
        do {
            try result.get()
        } catch let interruption as Interruption {
            await diagnostics.report(interruption)
        }
        try diagnostics.check()
    }

    private var readsPayload: Bool { payload == "-" }

    private func input(_ stop: StopSwitch, _ limits: EnvelopeLimits) throws -> Publication.Input {
        guard let subject else {
            return .lines(LineReader(try InputFile(path: file ?? "-", stop: stop), limits: limits))
        }
        let envelope = try envelope(on: subject)
        guard readsPayload else { return .envelope(envelope) }
        return .payload(try InputFile(path: "-", stop: stop), of: envelope, limits)
    }

    private func envelope(on subject: Subject) throws -> Envelope {
        let text = readsPayload ? nil : payload
        return try GivenHeaders(headers).envelope(on: subject, source: source, payload: text)
    }

    private func wait(on bus: any Bus, _ diagnostics: Diagnostics) throws -> SubscriberWait? {
        guard waitForSubscribers > 0 else { return nil }
        guard let link = bus.link else {
            throw ValidationError("--wait-for-subscribers: this bus cannot tell who subscribes. Leave it out.")
        }
        let limit = within ?? .seconds(10)
        let narration = LinkNarrator(diagnostics: diagnostics).obstacles(on: link)
        return SubscriberWait(link: link, count: waitForSubscribers, limit: limit, narration: narration)
    }
}
