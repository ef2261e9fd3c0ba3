import Configuration
import EventCore
import EventMemory
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

        while let greeting = await greetings.next(within: .seconds(1)) {
            print("\(name) received: \(try greeting.decode(String.self) ?? "nothing")")
        }
        await bus.close()
    }

    /// In development `memory:`; in production what `EVENT_BUS_URL` or `--event-bus-url` says.
    static func openBus(_ config: ConfigReader) async throws -> any Bus {
        let transports = TransportRegistry([.memory, .zmq])
        let settings = config.scoped(to: "event.bus")
        guard settings.string(forKey: "url", isSecret: true) != nil || settings.string(forKey: "transport") != nil
        else { return try await transports.open("memory:") }
        return try await transports.open(from: settings)
    }

    /// Between processes the first envelope arrives only where somebody listens already; within one there is no need.
    static func waitForOthers(on bus: any Bus, _ subject: Subject) async throws {
        guard let bus = bus as? any SubscriberAwaiting else { return }
        guard try await bus.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(30)) else {
            print("nobody else came within 30 seconds")
            return
        }
    }
}
