import ArgumentParser
import EventCore
import EventMemory
import EventNATS
import EventTesting
import EventTransport
import EventZMQ
import Foundation

/// The option that says which bus to use.
struct BusOptions: ParsableArguments {
    /// What a command does with its bus.
    enum Use {
        case publishing
        case subscribing
        /// Both, so that a bus within one process is of use.
        case routing
        /// Neither; only who is connected is of interest.
        case looking
    }

    @Option(
        name: .customLong("bus"),
        help: ArgumentHelp(
            """
            The bus, such as 'zmq:?publish=connect:tcp://127.0.0.1:5556&linger=5s' or 'nats://host:4222'. \
            (default: $EVENT_BUS)
            """,
            valueName: "url"
        ),
        completion: .list(transports.schemes.map { "\($0):" })
    )
    var url: String?

    private static let transports = TransportRegistry([.memory, .zmq, .nats, .natsTLS, .noop])

    /// Opens the bus.
    ///
    /// - Parameters:
    ///   - use: What it is for; one that could not serve that is refused.
    ///   - observer: Told what happens to every envelope.
    /// - Returns: A new bus.
    /// - Throws: A usage error when there is no such bus, which says what is possible and gives an example.
    func open(for use: Use, observer: (any Observer)? = nil) async throws -> any Bus {
        let (text, origin) = try choice(for: use)
        do {
            let url = try Self.transports.parse(text)
            try Self.transports.check(url)
            try Self.check(url, for: use)
            return try await Self.transports.open(url, observer: observer)
        } catch EventError.invalidConfiguration(let fault) {
            throw ValidationError("\(origin): \(fault). An example that works: '\(use.example)'.")
        } catch let unsuitable as Unsuitable {
            throw ValidationError("\(origin): \(unsuitable.reason) Choose one like '\(use.example)'.")
        }
    }

    /// How long the bus may take to close, as far as its URL says so.
    var linger: Duration { setting("linger").flatMap { Duration($0) } ?? .seconds(1) }

    /// How much a line of input may hold, so that it fits what goes over the bus.
    var envelopeLimits: EnvelopeLimits {
        EnvelopeLimits(busAllows: setting("maximumMessageSize").flatMap { Int($0) })
    }

    private func setting(_ name: String) -> String? {
        guard let text = try? choice(for: .routing).text, let url = try? Self.transports.parse(text) else { return nil }
        return url.settings.first { $0.name == name }?.value
    }

    private func choice(for use: Use) throws -> (text: String, origin: String) {
        if let url { return (url, "--bus") }
        let variable = try CommandArguments.environment("EVENT_BUS")
        if let variable, !variable.isEmpty { return (variable, "EVENT_BUS") }
        guard use != .routing else { return ("memory:", "--bus") }
        throw ValidationError(
            """
            No bus is chosen. Give --bus or set EVENT_BUS, which is \(variable == nil ? "not set" : "empty"), for \
            example to '\(use.example)'.
            """
        )
    }

    /// A bus that could not serve what it is for.
    private struct Unsuitable: Error {
        let reason: String
    }

    /// Refuses a bus that nothing could come from, or go to.
    private static func check(_ url: TransportURL, for use: Use) throws(Unsuitable) {
        switch (use, url.scheme) {
        case (.publishing, "memory"), (.subscribing, "memory"), (.looking, "memory"):
            throw Unsuitable(reason: "A memory: bus ends with this process, so nobody else is on it.")
        case (.looking, "noop"):
            throw Unsuitable(reason: "Nobody connects to a noop: bus.")
        case (.subscribing, "noop"):
            throw Unsuitable(reason: "Nothing ever arrives on a noop: bus.")
        case (.publishing, "zmq") where !url.settings.contains { $0.name == "publish" }:
            throw Unsuitable(reason: "This zmq: bus has no 'publish' endpoint.")
        case (.subscribing, "zmq") where !url.settings.contains { $0.name == "subscribe" }:
            throw Unsuitable(reason: "This zmq: bus has no 'subscribe' endpoint.")
        default: break
        }
    }
}

extension BusOptions.Use {
    fileprivate var example: String {
        switch self {
        case .publishing: "zmq:?publish=connect:tcp://127.0.0.1:5556"
        case .routing: "memory:"
        case .subscribing, .looking: "zmq:?subscribe=bind:tcp://127.0.0.1:5556"
        }
    }
}

extension Bus {
    /// Tells where others can connect to this bus, wherever they are, with what wildcards stood for.
    func announceEndpoints(on diagnostics: Diagnostics) async {
        for endpoint in (self as? ZMQBus)?.boundEndpoints ?? [] {
            await diagnostics.note("bound \(ReachableAddress(of: endpoint))".printable)
        }
    }
}
