import Configuration
import EventLifecycle
import EventMemory
import Hummingbird

/// Plays sample runs on a bus, and shows what happens on it to every browser that comes.
@main
enum LiveView {
    static func main() async throws {
        let config = ConfigReader(providers: [CommandLineArgumentsProvider(), EnvironmentVariablesProvider()])
        let drops = DropCounter()
        let bus = MemoryBus(observer: drops)
        let player = RunPlayer(
            bus: bus,
            file: config.string(forKey: "file", default: "../runs.jsonl"),
            speed: config.double(forKey: "speed", default: 1)
        )
        let application = Application(
            router: liveViewRouter(bus: bus, drops: drops),
            configuration: .init(address: .hostname("127.0.0.1", port: config.int(forKey: "port", default: 8080))),
            services: [BusService(bus), player]
        )
        try await application.runService()
    }
}
