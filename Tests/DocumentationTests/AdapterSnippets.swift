import EventCore
import EventLifecycle
import EventLogging
import EventMemory
import EventMetrics
import EventTracing
import Logging
import ServiceLifecycle
import Testing
import Tracing
import UnixSignals

/// Ten lines for each adapter, in a place where they compile and run.
@Suite(.timeLimit(.minutes(1))) struct AdapterSnippets {
    private struct Order: Codable, Sendable {
        var id: Int
        var total: Double
    }

    private struct Price: Codable, Sendable { var amount: Double }

    @Test func metricsAndDrops() async throws {
        let logger = Logger(label: "shop") { _ in SwiftLogNoOpLogHandler() }
        let metrics = MetricsObserver(prefix: "shop_bus")
        let drops = DropLogger(logger: logger, interval: .seconds(30))
        let bus = MeteredBus(MemoryBus(observer: CombinedObserver(metrics, drops)), metrics: metrics)

        let orders = try await bus.subscribe(to: "orders.*.created")
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        orders.close()
        await bus.close()
    }

    @Test func tracing() async throws {
        let bus = TracedBus(MemoryBus())
        let orders = try await bus.subscribe(to: "orders.*.created")
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        orders.close()

        try await orders.withConsumerSpans { envelope, span in
            let order = try envelope.decode(Order.self)
            span.attributes["order.id"] = order?.id
        }
    }

    @Test func services() async throws {
        let logger = Logger(label: "shop") { _ in SwiftLogNoOpLogHandler() }
        let bus = MemoryBus()
        let audit = SubscriberService(bus: bus, pattern: "orders.>") { envelope in
            print("audited", envelope.subject)
        }
        let group = ServiceGroup(
            services: [BusService(bus), audit],  // shut down in the reverse order
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        Task { await group.triggerGracefulShutdown() }
        try await group.run()
    }

    @Test func drops() async throws {
        let logger = Logger(label: "shop") { _ in SwiftLogNoOpLogHandler() }
        let bus = MemoryBus(observer: DropLogger(logger: logger))
        await bus.close()
    }

    @Test func tracedHandling() async throws {
        let bus = TracedBus(MemoryBus())
        let audit = SubscriberService(bus: bus, pattern: "orders.>") { envelope in
            await envelope.withConsumerSpan(of: "orders.>") { span in
                span.attributes["order.source"] = envelope.source
            }
        }
        _ = audit
    }

    @Test func results() async throws {
        let bus = MemoryBus()
        let subscription = try await bus.subscribe(to: "orders.>")
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        try await bus.publish("nothing like it", to: "orders.eu.created")
        await bus.close()
        for await result in subscription.decodingResults(as: Order.self) {
            switch result {
            case .success(let order): print("order", order.value.id, "on", order.envelope.subject)
            case .failure(let failure): print("no order", failure)
            }
        }
    }

    @Test func decoding() async throws {
        let bus = MemoryBus()
        let orders = try await bus.subscribe(to: "orders.>").decoded(as: Order.self) { failure in
            print("skipped", failure)
        }
        try await bus.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        await bus.close()

        for await order in orders {
            print(order.value.total, order.envelope.subject)
        }
        print(orders.skippedCount, "skipped")
    }

    @Test func requests() async throws {
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "prices.get")
        async let responding: Void = bus.respond(to: requests) { request in
            guard let order = try request.decode(Order.self) else { throw RequestFailure("an order is missing") }
            return Price(amount: order.total * 1.2)
        }

        let order = Order(id: 7, total: 10)
        let price = try await bus.request(order, to: "prices.get", as: Price.self, within: .seconds(20))
        #expect(price.amount == 12)
        await bus.close()
        await responding
    }

    @Test func router() async throws {
        let (local, remote) = (MemoryBus(), MemoryBus())
        let router = EventRouter(local, remote) { failure in print(failure) }
        router.on("orders.*.created", of: Order.self) { order, envelope in
            print("created", order.id, "by", envelope.source ?? "somebody")
        }
        router.on("orders.>", "users.*.deleted", name: "audit", concurrency: 4) { envelope in
            print("audited", envelope.subject)
        }
        try await router.open()
        try await local.publish(Order(id: 7, total: 12.5), to: "orders.eu.created")
        await local.close()
        await remote.close()
        try await router.run()
    }
}
