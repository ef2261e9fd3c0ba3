import EventMemory
import EventTesting
import EventTransport
import Testing

@Suite struct TransportRegistryTests {
    private static let transports = TransportRegistry([.memory, .noop])

    private func fault(of url: String, in transports: TransportRegistry = transports) async throws -> String {
        let error = try await #require(throws: EventError.self) { _ = try await transports.open(url) }
        #expect(error == .invalidConfiguration(error.fault))
        return error.fault
    }

    @Test(arguments: ["memory:", "MEMORY:", "memory:?routeCacheCapacity=0", "memory:?routeCacheCapacity=1048576"])
    func `a memory bus delivers, and its observer is told`(url: String) async throws {
        let observer = RecordingObserver()
        let bus = try await Self.transports.open(url, observer: observer)
        #expect(bus is MemoryBus)
        let subscription = try await bus.subscribe(to: "a.*")
        try await bus.publish(Envelope(subject: "a.b"))
        #expect(await subscription.next(within: .seconds(1))?.subject == "a.b")
        #expect(observer.events.count == 2)
        await bus.close()
    }

    @Test func `a noop bus is one`() async throws {
        #expect(try await Self.transports.open("noop:") is NoopBus)
    }

    @Test func `each opening makes a bus of its own`() async throws {
        let first = try await Self.transports.open("memory:")
        let second = try await Self.transports.open("memory:")
        await first.close()
        try await second.publish(Envelope(subject: "a"))
        await #expect(throws: EventError.busClosed) { try await first.publish(Envelope(subject: "a")) }
    }

    @Test func `an unknown scheme is named, and the known ones are listed`() async throws {
        #expect(try await fault(of: "nats:?token=s3cret") == "unknown transport 'nats': known are memory, noop")
        #expect(try await fault(of: "a:", in: TransportRegistry()) == "unknown transport 'a': none is registered")
    }

    @Test(
        arguments: [
            ("memory:?routecachecapacity=1", "unknown option 'routecachecapacity': memory knows routeCacheCapacity"),
            ("memory:?routeCacheCapacity=-1", "'routeCacheCapacity' must be a whole number from 0 to 1048576"),
            ("memory:?routeCacheCapacity=1048577", "'routeCacheCapacity' must be"),
            ("noop:?a=1", "noop has no options"),
            ("memory", "no scheme: a colon is missing, as in memory:; known are memory, noop"),
            ("Noop?a=1", "a colon is missing, as in noop:?"), ("", "for it is empty"), ("s3cret", "such as memory:"),
            ("tcp://127.0.0.1:5556", "unknown transport 'tcp': known are memory, noop"),
        ]
    )
    func `a bad option is named`(url: String, reason: String) async throws {
        #expect(try await fault(of: url).contains(reason))
    }

    @Test func `a third party adds a transport, which gets what was set and the observer`() async throws {
        let tapped = Transport(scheme: "Tapped", options: ["name"]) { parameters, observer in
            let name = try parameters.require("name")
            #expect(name == "a b")
            return MemoryBus(observer: observer)
        }
        var transports = Self.transports
        transports.register(tapped)
        #expect(transports.schemes == ["memory", "noop", "tapped"])
        #expect(Self.transports.schemes == ["memory", "noop"])

        let observer = RecordingObserver()
        let bus = try await transports.open("tapped:?name=a%20b", observer: observer)
        try await bus.publish(Envelope(subject: "a"))
        #expect(observer.events.count == 1)
    }

    @Test func `the last transport of a scheme is the one`() async throws {
        let transports = TransportRegistry([.memory, Transport(scheme: "memory") { _, _ in NoopBus() }])
        #expect(transports.schemes == ["memory"])
        #expect(try await transports.open("memory:") is NoopBus)
    }

    @Test func `what a transport throws comes through`() async {
        struct Refusal: Error {}
        let transports = TransportRegistry([Transport(scheme: "x") { _, _ in throw Refusal() }])
        await #expect(throws: Refusal.self) { _ = try await transports.open("x:") }
    }
}
