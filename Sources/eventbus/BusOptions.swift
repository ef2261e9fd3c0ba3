import ArgumentParser
import EventCore
import EventMemory
import EventTesting
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
            "The bus, such as 'zmq:?publish=connect:tcp://127.0.0.1:5556&linger=5s'. (default: $EVENT_BUS)",
            valueName: "url"
        ),
        completion: .list(transports.schemes.map { "\($0):" })
    )
    var url: String?

    private static let transports = TransportRegistry([.memory, .zmq, .noop])

    /// Opens the bus.
    ///
    /// - Parameters:
    ///   - use: What it is for; one that could not serve that is refused.
    ///   - observer: Told what happens to every envelope.
    /// - Returns: A new bus.
    /// - Throws: A usage error when there is no such bus.
    func open(for use: Use, observer: (any Observer)? = nil) async throws -> any Bus {
        let (text, origin) = try choice(for: use)
        do {
            let url = try Self.transports.parse(text)
            try Self.transports.check(url)
            try Self.check(url, for: use)
            return try await Self.transports.open(url, observer: observer)
        } catch EventError.invalidConfiguration(let fault) {
            throw ValidationError("\(origin): \(fault)")
        }
    }

    private func choice(for use: Use) throws -> (text: String, origin: String) {
        if let url { return (url, "--bus") }
        if let url = ProcessInfo.processInfo.environment["EVENT_BUS"], !url.isEmpty { return (url, "EVENT_BUS") }
        guard use != .routing else { return ("memory:", "--bus") }
        throw ValidationError("No bus is chosen. Give --bus or set EVENT_BUS, for example to '\(use.example)'.")
    }

    /// Refuses a bus that nothing could come from, or go to.
    private static func check(_ url: TransportURL, for use: Use) throws {
        switch (use, url.scheme) {
        case (.publishing, "memory"), (.subscribing, "memory"), (.looking, "memory"):
            throw ValidationError(
                "A memory: bus ends with this process, so nobody else is on it. Choose one like '\(use.example)'."
            )
        case (.looking, "noop"):
            throw ValidationError("Nobody connects to a noop: bus. Choose one like '\(use.example)'.")
        case (.subscribing, "noop"):
            throw ValidationError("Nothing ever arrives on a noop: bus. Choose one like '\(use.example)'.")
        case (.publishing, "zmq") where !url.settings.contains { $0.name == "publish" }:
            throw ValidationError("This zmq: bus has no 'publish' endpoint. Add one, as in '\(use.example)'.")
        case (.subscribing, "zmq") where !url.settings.contains { $0.name == "subscribe" }:
            throw ValidationError("This zmq: bus has no 'subscribe' endpoint. Add one, as in '\(use.example)'.")
        default: break
        }
    }
}

extension BusOptions.Use {
    fileprivate var example: String {
        switch self {
        case .publishing: "zmq:?publish=connect:tcp://127.0.0.1:5556"
        case .subscribing, .routing, .looking: "zmq:?subscribe=bind:tcp://127.0.0.1:5556"
        }
    }
}

extension Bus {
    /// Tells where others can connect to this bus, with the ports that wildcards stood for.
    func announceEndpoints(on diagnostics: Diagnostics) async {
        for endpoint in (self as? ZMQBus)?.boundEndpoints ?? [] { await diagnostics.note("bound \(endpoint)") }
    }
}
