import ArgumentParser
import EventNATS
import EventZMQ
import Foundation
import IntegrationSupport

/// One process of the integration tests or of a report: opens a bus, and does what it is told on its standard input.
///
/// It ends with its input, so that it does not outlive whoever started it.
@main struct PeerProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "IntegrationPeer",
        abstract: "Plays one process in the integration tests."
    )

    @Option(help: "What the envelopes it publishes give as their source.")
    var name = "peer"

    @Option(help: ArgumentHelp("Where to publish.", valueName: "bind:ADDRESS | connect:ADDRESS"))
    var publish: [String] = []

    @Option(help: ArgumentHelp("Where to subscribe.", valueName: "bind:ADDRESS | connect:ADDRESS"))
    var subscribe: [String] = []

    @Option(help: "How often a silent connection is probed.")
    var heartbeatMilliseconds = 5000

    @Option(help: "How many envelopes wait for one subscriber at most.")
    var highWaterMark = 100_000

    @Option(help: "How many literal prefixes are subscribed to at most.")
    var wirePrefixes = 4096

    @Option(help: "How long subscribing waits for publishers to confirm.")
    var confirmationMilliseconds = 2000

    @Option(help: "What an observer spends on each envelope that is delivered.")
    var observerMicroseconds = 0

    @Option(help: ArgumentHelp("The certificate file with its own key pair.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("Who may connect by which key.", valueName: "file"))
    var allow: String?

    @Option(help: ArgumentHelp("The public key of those it connects to over TCP.", valueName: "key"))
    var serverKey: String?

    @Option(help: ArgumentHelp("The NATS server to connect to, instead of all that.", valueName: "URL"))
    var nats: String?

    @Option(help: "What its subjects begin with on NATS servers.")
    var namespace: String?

    @Flag(name: .customLong("body"), help: "Write envelopes in the body of a NATS message.")
    var isInBody = false

    func run() async throws {
        if let nats {
            var configuration = NATSBusConfiguration(servers: [nats])
            (configuration.name, configuration.namespace) = (name, namespace)
            configuration.form = isInBody ? .body : .header
            configuration.confirmationTimeout = .milliseconds(confirmationMilliseconds)
            try await serve(try await NATSBus(configuration: configuration), endpoints: [])
        } else {
            let bus = try zmqBus()
            try await serve(bus, endpoints: bus.boundEndpoints)
        }
    }

    private func serve(_ bus: any LinkedBus, endpoints: [String]) async throws {
        var session = PeerSession(name: name, bus: bus)
        try Self.write(.opened(endpoints: endpoints))
        for await line in Self.inputLines() {
            let command = try JSONDecoder().decode(PeerCommand.self, from: Data(line.utf8))
            try Self.write(try await session.perform(command))
        }
    }

    private func zmqBus() throws -> ZMQBus {
        var configuration = ZMQBusConfiguration(
            publish: try publish.map(Self.endpoint),
            subscribe: try subscribe.map(Self.endpoint)
        )
        configuration.heartbeatInterval = .milliseconds(heartbeatMilliseconds)
        configuration.sendHighWaterMark = highWaterMark
        configuration.maximumWirePrefixes = wirePrefixes
        configuration.confirmationTimeout = .milliseconds(confirmationMilliseconds)
        configuration.security = try security(for: configuration.publish + configuration.subscribe)
        if observerMicroseconds > 0 {
            configuration.observer = SlowObserver(microseconds: UInt32(observerMicroseconds))
        }
        return try ZMQBus(configuration: configuration)
    }

    private func security(for endpoints: [ZMQEndpoint]) throws -> ZMQSecurity? {
        guard let key else { return nil }
        var serverKeys: [ZMQEndpoint: ZMQPublicKey] = [:]
        if let serverKey {
            for case .connect(let address) in endpoints {
                serverKeys[.connect(address)] = try ZMQPublicKey(validating: serverKey)
            }
        }
        return try ZMQSecurity(key: key, allow: allow, serverKeys: serverKeys)
    }

    private static func endpoint(_ text: String) throws -> ZMQEndpoint {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.last) {
        case ("bind", let address?): return .bind(address)
        case ("connect", let address?): return .connect(address)
        default: throw ValidationError("\(text) is neither bind:ADDRESS nor connect:ADDRESS")
        }
    }

    private static func write(_ report: PeerReport) throws {
        try FileHandle.standardOutput.write(contentsOf: JSONEncoder().encode(report) + Data("\n".utf8))
    }

    private static func inputLines() -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            // Even if a command is under way: nobody is there to read the report.
            Foundation.exit(EXIT_SUCCESS)
        }
        return lines
    }
}
