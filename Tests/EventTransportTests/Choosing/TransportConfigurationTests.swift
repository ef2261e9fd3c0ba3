#if Configuration
import Configuration
import EventMemory
import EventTesting
import EventTransport
import Synchronization
import Testing

/// Runs with the package trait of the same name: `make test-traits`.
@Suite struct TransportConfigurationTests {
    private static let listed = Transport(
        scheme: "listed",
        options: [.repeatable("names"), "size", "time", "strict", .secret("password")]
    ) { parameters, _ in
        let text = [
            parameters.texts("names").joined(separator: "+"),
            "\(try parameters.integer("size", in: 0...100) ?? -1)", "\(try parameters.duration("time") ?? .zero)",
            "\(try parameters.flag("strict") ?? false)", parameters.text("password") ?? "-",
        ]
        return LabelledBus(label: text.joined(separator: " "))
    }

    private struct LabelledBus: Bus {
        let label: String
        func publish(_ envelope: Envelope) async throws {}
        func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
            throw EventError.busClosed
        }
        func close() async {}
    }

    private func open(_ values: [AbsoluteConfigKey: ConfigValue]) async throws -> any Bus {
        let config = ConfigReader(provider: InMemoryProvider(values: values))
        return try await TransportRegistry([.memory, Self.listed]).open(from: config.scoped(to: "event.bus"))
    }

    private func fault(of values: [AbsoluteConfigKey: ConfigValue]) async throws -> String {
        let error = try await #require(throws: EventError.self) { _ = try await open(values) }
        #expect(error == .invalidConfiguration(error.fault))
        return error.fault
    }

    @Test func `a url is opened`() async throws {
        #expect(try await open(["event.bus.url": "memory:"]) is MemoryBus)
    }

    @Test func `each option is a key of its own, of any fitting type`() async throws {
        let bus = try await open([
            "event.bus.transport": "listed", "event.bus.names": ConfigValue(.stringArray(["a", "b"]), isSecret: false),
            "event.bus.size": 7, "event.bus.time": "5s", "event.bus.strict": true,
        ])
        #expect((bus as? LabelledBus)?.label == "a+b 7 5.0 seconds true -")
    }

    @Test func `a repeatable option may be one text`() async throws {
        let bus = try await open(["event.bus.transport": "listed", "event.bus.names": "a", "event.bus.size": "8"])
        #expect((bus as? LabelledBus)?.label == "a 8 0.0 seconds false -")
    }

    @Test func `environment variables spell the keys in capitals`() async throws {
        let variables = ["EVENT_BUS_TRANSPORT": "memory", "EVENT_BUS_ROUTE_CACHE_CAPACITY": "many"]
        let config = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        let error = try await #require(throws: EventError.self) {
            _ = try await TransportRegistry([.memory]).open(from: config.scoped(to: "event.bus"))
        }
        #expect(error.fault.contains("'routeCacheCapacity' must be a whole number"))
    }

    @Test func `what is missing, doubled, unknown or of no fitting type is named`() async throws {
        #expect(try await fault(of: [:]).contains("neither 'url' nor 'transport'"))
        #expect(try await fault(of: ["event.bus.url": "memory:", "event.bus.transport": "memory"]).contains("both"))
        #expect(
            try await fault(of: ["event.bus.transport": "nats"]) == "unknown transport 'nats': known are listed, memory"
        )
        let size = try await fault(of: ["event.bus.transport": "listed", "event.bus.size": 0.5])
        #expect(size == "listed option 'size' must be configured as a text, a whole number or a boolean")
        let time = try await fault(of: ["event.bus.transport": "listed", "event.bus.time": 5])
        #expect(time == "listed option 'time' must be a duration such as 500ms or 1.5s")
    }

    @Test func `the url and what a transport calls secret are read as secrets`() async throws {
        let reporter = SecretReporter()
        let values: [AbsoluteConfigKey: ConfigValue] = ["transport": "listed", "password": "p", "size": 1]
        let provider = InMemoryProvider(values: values)
        let transports = TransportRegistry([Self.listed, .memory])
        _ = try await transports.open(from: ConfigReader(provider: provider, accessReporter: reporter))
        #expect(reporter.secrets == ["password"])

        let url = InMemoryProvider(values: ["url": "memory:"])
        _ = try await transports.open(from: ConfigReader(provider: url, accessReporter: reporter))
        #expect(reporter.secrets == ["password", "url"])
    }

    /// Notes which keys gave a value that is a secret.
    private final class SecretReporter: AccessReporter {
        private let keys = Mutex<Set<String>>([])

        var secrets: Set<String> { keys.withLock { $0 } }

        func report(_ event: AccessEvent) {
            guard case .success(let value?) = event.result, value.isSecret else { return }
            _ = keys.withLock { $0.insert(event.metadata.key.description) }
        }
    }
}
#endif
