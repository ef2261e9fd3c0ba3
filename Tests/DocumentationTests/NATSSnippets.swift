import EventCore
import EventNATS
import NATSSupport
import Testing

/// The Swift of the pages of EventNATS; the server of the first one is a test's own.
@Suite(.timeLimit(.minutes(1))) struct NATSSnippets {
    struct Order: Codable, Equatable {
        var number: Int
    }

    @Test func `the front page joins two buses`() async throws {
        let server = try await NATSServer()
        let servers = [server.url]
        // servers is a list such as ["nats://nats1:4222", "nats://nats2:4222"].
        let orders = try await NATSBus(configuration: .init(servers: servers))
        let view = try await NATSBus(configuration: .init(servers: servers))

        let created = try await view.subscribe(to: "orders.*.created")  // in effect at all servers
        try await orders.publish(Order(number: 7), to: "orders.eu.created")

        #expect(try await created.next(within: .seconds(20))?.decode(Order.self) == Order(number: 7))
        await orders.close()
        await view.close()
        await server.kill()
    }
}
