import EventCore
import EventNATS
import Foundation
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

/// The Swift of the page on logs.
@Suite(.timeLimit(.minutes(1))) struct LogSnippets {
    typealias Order = NATSSnippets.Order

    @Test func `the page on logs appends, replays and consumes`() async throws {
        let server = try await NATSServer.withJetStream()
        let servers = [server.url]
        var configuration = NATSLogConfiguration(servers: servers, stream: "orders", namespace: "shop")
        configuration.maximumAge = .seconds(30 * 24 * 3600)
        let log = try await NATSLog(configuration: configuration)

        let order = try Envelope(subject: "orders.eu.created", payload: Order(number: 7))
        let position = try await log.append(order)  // the servers have it
        #expect(position.sequence == 1)

        var replayed: [Envelope] = []
        func show(_ sequence: UInt64, _ time: Date, _ envelope: Envelope) { replayed.append(envelope) }
        for try await entry in try await log.replay(of: "orders.eu.*", from: .beginning) {
            show(entry.sequence, entry.time, entry.envelope)
            if entry.remaining == 0 { break }  // without this it goes on with what is appended
        }
        #expect(replayed == [order])

        let (bills, continuation) = AsyncStream<Envelope>.makeStream()
        @Sendable func bill(_ envelope: Envelope) async throws { continuation.yield(envelope) }
        let reading = Task {
            let billing = try await log.consume(name: "billing", of: "orders.>")
            while let delivery = try await billing.next() {
                do {
                    try await bill(delivery.envelope)
                    try await delivery.ack()
                } catch {
                    try await delivery.nak(after: .seconds(30))  // or term(): never again
                }
            }
        }
        var billed = bills.makeAsyncIterator()
        #expect(await billed.next() == order)
        await log.close()
        _ = await reading.result
        await server.kill()
    }
}
