import EventCore
import EventMemory
import EventTesting
import EventTransport
import EventZMQ
import Foundation
import Testing

/// Swift blocks of the README and of the articles, to the letter, in a place where they compile and run.
@Suite(.timeLimit(.minutes(1))) struct ReadmeSnippets {
    struct Order: Codable, Sendable {
        var id: Int
        var total: Double
    }

    struct CheckoutService {
        var bus: any Bus

        func checkOut(_ order: Order) async throws {
            try await bus.publish(order, to: "orders.eu.created", source: "checkout")
        }
    }

    @Test func oneProcess() async throws {
        let bus = MemoryBus()
        let orders = try await bus.subscribe(to: "orders.*.created")

        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created", source: "checkout")

        for await envelope in orders {
            let order = try envelope.decode(Order.self)
            print(envelope.subject, order?.total ?? 0)
            break
        }
        await bus.close()
    }

    @Test func scope() async throws {
        let bus = MemoryBus()
        try await bus.withSubscription(to: "jobs.>") { jobs in
            try await bus.publish(Envelope(subject: "jobs.nightly"))
            let job = await jobs.next(within: .seconds(1))
            print(job?.subject ?? "nothing came in time")
        }
    }

    @Test func text() async throws {
        let bus = MemoryBus()
        let runID = "r1"
        let subject = try Subject(segments: ["graph", "run", runID, "start"])
        let pattern = try Pattern(validating: "\(Subject(segments: ["graph", "run", runID]).rawValue).>")
        try await bus.publish(Envelope(subject: subject, headers: [Envelope.HeaderKey.runID: runID]))
        print(pattern.matches(subject))
    }

    @Test func index() {
        var handlers = PatternIndex<String>()
        handlers.insert("audit", for: ">")
        handlers.insert("billing", for: "orders.*.paid")
        print(handlers.matches(of: "orders.eu.paid"))  // both, in no particular order
    }

    @Test func backpressure() async throws {
        let bus = MemoryBus()
        let options = SubscriptionOptions(bufferCapacity: 1000, backpressure: .block) { envelope in
            envelope.tenant == "acme"
        }
        let acme = try await bus.subscribe(to: "orders.>", options: options)
        acme.close()
    }

    @Test func observer() async throws {
        struct DropLog: Observer {
            func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
                print("\(subscription) lost \(envelope.subject): \(reason.rawValue)")
            }
        }
        let observed = MemoryBus(observer: DropLog())
        try await observed.publish(Envelope(subject: "a"))
    }

    @Test func acrossProcesses() async throws {
        let service = try ZMQBus(configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: []))
        let view = try ZMQBus(configuration: .init(publish: [], subscribe: [.connect(service.boundEndpoints[0])]))

        let runs = try await view.subscribe(to: "graph.run.>")
        try await service.publish(Envelope(subject: "graph.run.r1.start"))
        print(await runs.next(within: .seconds(10))?.subject ?? "lost")
        print(view.statistics.lost, "lost")
        await view.close()
        await service.close()
    }

    @Test func transport() async throws {
        let transports = TransportRegistry([.memory, .zmq, .noop])
        let environment = ProcessInfo.processInfo.environment
        let bus = try await transports.open(environment["EVENT_BUS"] ?? "memory:")
        #expect(bus is MemoryBus || environment["EVENT_BUS"] != nil)
        await bus.close()
    }

    @Test func ownTransport() async throws {
        let bus = try await TransportRegistry([.courier]).open("courier:?server=localhost")
        #expect((bus as? CourierBus)?.server == "localhost")
        await bus.close()
    }

    @Test func recording() async throws {
        let bus = RecordingBus()
        let service = CheckoutService(bus: bus)

        try await service.checkOut(Order(id: 7, total: 12.5))

        let envelope = try await bus.expect(within: .seconds(1)) { $0.subject == "orders.eu.created" }
        #expect(try envelope.decode(Order.self)?.id == 7)
        #expect(bus.published(on: "orders.>").count == 1)

        bus.failNextPublishes(1, with: EventError.busClosed)
        await #expect(throws: EventError.busClosed) {
            try await service.checkOut(Order(id: 8, total: 1))
        }
    }

    @Test(arguments: BusConformance.cases(for: .inProcess))
    func keeps(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = MemoryBus(observer: observer)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }
}

extension Transport {
    static let courier = Transport(scheme: "courier", options: ["server"]) { parameters, observer in
        try CourierBus(server: parameters.require("server"), observer: observer)
    }
}

/// Stands for the bus of another package.
private struct CourierBus: Bus {
    let server: String
    private let local: MemoryBus

    init(server: String, observer: (any Observer)?) throws {
        self.server = server
        local = MemoryBus(observer: observer)
    }

    func publish(_ envelope: Envelope) async throws { try await local.publish(envelope) }

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await local.subscribe(to: pattern, options: options)
    }

    func close() async { await local.close() }
}
