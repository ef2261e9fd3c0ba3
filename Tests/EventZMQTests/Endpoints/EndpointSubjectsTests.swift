import EventCore
import ProcessSupport
import Testing

@testable import EventZMQ

/// Endpoints of one bus at which different subjects are sent.
@Suite(.timeLimit(.minutes(3))) struct EndpointSubjectsTests {
    /// A bus with an endpoint for all and one between two others where only `public.>` is sent.
    private func publisher() throws -> ZMQBus {
        let (first, open, last) = (Address.ipc(), ZMQEndpoint.bind("tcp://127.0.0.1:*"), Address.ipc())
        var configuration = ZMQBusConfiguration(publish: [.bind(first), open, .bind(last)], subscribe: [])
        configuration.endpointSubjects = [open: ["public.>", "a"]]
        let bus = try ZMQBus(configuration: configuration)
        #expect(bus.boundEndpoints.first == first && bus.boundEndpoints.last == last)
        return bus
    }

    @Test func `whoever subscribes to what is not sent there gets nothing of it and has lost nothing`() async throws {
        let publisher = try publisher()
        let (inside, outside) = (
            try ZMQBus.subscriber(at: .connect(publisher.boundEndpoints[0])),
            try ZMQBus.subscriber(at: .connect(publisher.boundEndpoints[1]))
        )
        let ofInside = try await inside.subscribe(to: ">", options: .init(bufferCapacity: 4096))
        let ofOutside = try await outside.subscribe(to: ">", options: .init(bufferCapacity: 4096))
        for confirmation in [ofInside.confirmation, ofOutside.confirmation] {
            #expect(confirmation?.isComplete == true)
        }
        for number in 0..<1000 {
            try await publisher.publish(number, to: number % 2 == 0 ? "public.x" : "secret.x")
        }
        try await publisher.publish(1000, to: "a")
        var numbers: [Int?] = []
        while numbers.last != 1000, let envelope = await ofOutside.next(within: .seconds(20)) {
            numbers.append(try envelope.decode(Int.self))
        }
        #expect(numbers == (0..<1000).filter { $0 % 2 == 0 } + [1000])
        numbers = []
        while numbers.last != 1000, let envelope = await ofInside.next(within: .seconds(20)) {
            numbers.append(try envelope.decode(Int.self))
        }
        #expect(numbers == Array(0...1000))
        // Once the ledger has told what was published, nothing counts as lost.
        await publisher.close()
        try await eventually { outside.statistics.peers == 0 && inside.statistics.peers == 0 }
        #expect(outside.statistics.lost == 0 && outside.statistics.unknownLosses == 0)
        #expect(inside.statistics.lost == 0)
        for bus in [inside, outside] { await bus.close() }
    }

    @Test func `somebody counts as a subscriber of what is sent to it alone`() async throws {
        let publisher = try publisher()
        let outside = try ZMQBus.subscriber(at: .connect(publisher.boundEndpoints[1]))
        let ofOutside = try await outside.subscribe(to: ">")
        defer { ofOutside.close() }
        #expect(try await publisher.hasSubscriber(of: "public.x"))
        #expect(try await publisher.hasSubscriber(of: "a"))
        #expect(try await !publisher.waitForSubscribers(of: "secret.x", atLeast: 1, timeout: .zero))
        try await publisher.publish(Envelope(subject: "secret.x"))
        #expect(publisher.statistics.sent == 0 && publisher.statistics.unheard == 1)

        let waiting = Task { try await publisher.hasSubscriber(of: "secret.x") }
        let inside = try ZMQBus.subscriber(at: .connect(publisher.boundEndpoints[2]))
        let ofInside = try await inside.subscribe(to: "secret.>")
        defer { ofInside.close() }
        #expect(try await waiting.value)
        for bus in [inside, outside, publisher] { await bus.close() }
    }

    @Test func `an address says it, too`() throws {
        let text = "bind:tcp://127.0.0.1:*;only=public.>,a"
        let written = try WrittenEndpoint(text, mayHavePatterns: true)
        #expect(written.endpoint == .bind("tcp://127.0.0.1:*"))
        #expect(written.patterns == ["public.>", "a"])
        let path = try WrittenEndpoint("bind:ipc:///tmp/a:tcp://b;only=b", mayHavePatterns: true)
        #expect(path.endpoint == .bind("ipc:///tmp/a:tcp://b") && path.patterns == ["b"])
    }

    @Test func `subjects of what does not publish, or none at all, are refused`() throws {
        let endpoint = ZMQEndpoint.bind("tcp://127.0.0.1:*")
        var none = ZMQBusConfiguration(publish: [endpoint], subscribe: [])
        none.endpointSubjects[endpoint] = []
        var twice = ZMQBusConfiguration(publish: [endpoint, endpoint], subscribe: [])
        twice.endpointSubjects[endpoint] = ["a"]
        var elsewhere = ZMQBusConfiguration(publish: [], subscribe: [endpoint])
        elsewhere.endpointSubjects[endpoint] = ["a"]
        for configuration in [none, twice, elsewhere] {
            #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
        }
    }
}
