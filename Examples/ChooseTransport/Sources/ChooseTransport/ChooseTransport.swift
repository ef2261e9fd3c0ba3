import Configuration
import EventCore
import EventMemory
import EventTransport
import EventZMQ
import Foundation

/// Greets everybody on the bus and prints the greetings that arrive.
///
/// Nothing in here but `openBus` knows which bus it is.
@main
enum ChooseTransport {
    static func main() async {
        do {
            try await run()
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    static func run() async throws {
        let config = ConfigReader(providers: [CommandLineArgumentsProvider(), EnvironmentVariablesProvider()])
        let name = config.string(forKey: "name", default: "anonymous")
        let bus = try await openBus(config)

        let greetings = try await bus.subscribe(to: "greetings.>")
        let subject = try Subject(segments: ["greetings", name])
        try await waitForOthers(on: bus, subject)
        try await bus.publish("hello from \(name)", to: subject, source: name)

        // Others may be slower to start; a bus within one process has nobody else to wait for.
        var hasHeardOthers = bus.link == nil
        while let greeting = await greetings.next(within: .seconds(hasHeardOthers ? 1 : 30)) {
            print("\(name) received: \(try greeting.decode(String.self) ?? "nothing")")
            if greeting.source != name { hasHeardOthers = true }
        }
        await bus.close()
    }

    /// In development `memory:`; in production what `EVENT_BUS` or `EVENT_BUS_URL` says, or `--event-bus-url`.
    static func openBus(_ config: ConfigReader) async throws -> any Bus {
        let transports = TransportRegistry([.memory, .zmq])
        if let text = config.string(forKey: "event.bus", isSecret: true) { return try await transports.open(text) }
        let settings = config.scoped(to: "event.bus")
        guard settings.string(forKey: "url", isSecret: true) != nil || settings.string(forKey: "transport") != nil
        else { return try await transports.open("memory:") }
        return try await transports.open(from: settings)
    }

    /// Between processes the first envelope arrives only where somebody listens already; within one there is no need.
    static func waitForOthers(on bus: any Bus, _ subject: Subject) async throws {
        guard try await bus.link?.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(30)) ?? true else {
            print("nobody else came within 30 seconds")
            return
        }
    }
}
