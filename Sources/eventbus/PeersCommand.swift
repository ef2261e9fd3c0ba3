import ArgumentParser
import EventCore
import Foundation

/// `eventbus peers`: tells which buses are connected to a bus.
struct PeersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "List the buses that connect to a bus, or that it connects to.",
        discussion: """
            Opens the bus, waits as long as --within says, and prints a line for each peer: what it is here (publisher or \
            subscriber), its name, the id of its bus, and the endpoint, with tabs between them. A name is what the peer has \
            proved by its key, and - where it has not. Exits 1 when there is nobody, or not as many as --count says. \
            A signal ends the wait, and prints who is there.

            Example: eventbus peers \\
            --bus 'zmq:?subscribe=bind:tcp://0.0.0.0:5556&key=collector.key_secret&allow=peers.txt'
            """
    )

    @OptionGroup var bus: BusOptions

    @Option(
        help: ArgumentHelp(
            "How long to wait for peers, such as 500ms, 1.5s or 2m; a bare number means seconds. (default: 1s)",
            valueName: "time"
        )
    )
    var within: TimeLimit?

    @Option(help: ArgumentHelp("Wait no longer than until there are so many.", valueName: "n"))
    var count: Int?

    func validate() throws {
        guard count.map({ $0 > 0 }) ?? true else { throw ValidationError("--count must be at least 1.") }
    }

    func run() async throws {
        let stop = try StopSwitch.onSignal(within: bus.linger)
        let bus = try await bus.open(for: .looking)
        guard let link = bus.link else { throw ValidationError("This bus is within one process, and has no peers.") }
        await bus.announceEndpoints(on: Diagnostics())
        let narration = LinkNarrator(diagnostics: Diagnostics()).obstacles(on: link)
        let deadline = (within ?? .seconds(1)).deadline
        while !stop.isTripped, ContinuousClock.now < deadline, count.map({ link.peers.count < $0 }) ?? true {
            try await AlarmClock.shared.sleep(for: min(Self.interval, deadline - .now))
        }
        let lines = link.peers.map { Self.line(of: $0) }.sorted()
        await bus.close()
        await narration.value
        for line in lines { try await OutputWriter.print(line) }
        if lines.count < count ?? 1 { throw ExitStatus.incomplete.code }
    }

    /// How often to look who is there.
    private static let interval = Duration.milliseconds(20)

    static func line(of peer: LinkPeer) -> String {
        [peer.role.rawValue, peer.name ?? "-", peer.id, peer.endpoint].map(\.printable).joined(separator: "\t")
    }
}
