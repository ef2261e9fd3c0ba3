import CZeroMQ
import EventCore
import EventZMQ
import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct RecoveryTests {
    @Test func `a publisher that starts again finds all subscriptions in effect`() async throws {
        let address = Address.ipc()
        var publisher = try ZMQBus.publisher(at: .bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let patterns = try (0..<3000).map { try Pattern(validating: "run.r\($0).>") }
        let subscriptions = try await withThrowingTaskGroup { group in
            for pattern in patterns { group.addTask { try await subscriber.subscribe(to: pattern) } }
            return try await group.reduce(into: [Subscription]()) { $0.append($1) }
        }
        for _ in 0..<2 {
            // Subscriptions come again in the order of their bytes, and this one is the last of them.
            #expect(try await publisher.hasSubscriber(of: "run.r999.x"))
            for subscription in subscriptions {
                try await publisher.publish(
                    Envelope(subject: Subject(validating: subscription.pattern.literalPrefix + "x"))
                )
            }
            for subscription in subscriptions { #expect(await subscription.next(within: .seconds(20)) != nil) }
            await publisher.close()
            publisher = try ZMQBus.publisher(at: .bind(address))
        }
        #expect(subscriber.statistics.lost == 0)
        await publisher.close()
        await subscriber.close()
    }

    @Test func `a subscriber that goes is noticed, and one that comes again is served`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        for _ in 0..<3 {
            let subscriber = try ZMQBus.subscriber(at: .connect(address))
            let subscription = try await subscriber.subscribe(to: "a.b")
            try await publisher.publish(Envelope(subject: "a.b"))
            #expect(await subscription.next(within: .seconds(20)) != nil)
            await subscriber.close()
            try await eventually { try await !publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .zero) }
        }
        await publisher.close()
    }

    @Test func `a message over the limit ends the connection, which is made anew`() async throws {
        let address = Address.ipc()
        let plain = RawSocket(ZMQ_XPUB)
        #expect(plain.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) {
            $0.maximumMessageSize = 2000
            $0.confirmationTimeout = .milliseconds(200)
        }
        let events = subscriber.events.makeAsyncIterator()
        let subscription = try await subscriber.subscribe(to: "a.b")
        #expect(!plain.receive(until: [1] + "a.b".utf8).isEmpty)
        plain.send("a.b", "{}", String(repeating: "x", count: 3000))
        #expect(!plain.receive(until: [0] + "a.b".utf8).isEmpty)
        #expect(!plain.receive(until: [1] + "a.b".utf8).isEmpty)
        plain.send("a.b", #"{"id":"after"}"#, "")
        #expect(await subscription.next(within: .seconds(20))?.id == "after")
        #expect(subscriber.statistics.restartedConnections == 1)
        var seen: [LinkEvent] = []
        var iterator = events
        while seen.last != .restarted(endpoint: address), let event = await iterator.next() { seen.append(event) }
        seen.removeAll { event in
            if case .unconfirmed = event { return true }
            return event == .connected(endpoint: address)
        }
        #expect(seen.map(\.endpoint) == [address, address])
        await subscriber.close()
    }

    @Test func `publishing more than the limit throws, and nobody has it`() async throws {
        let joined = try Joined()
        let local = try await joined.publisher.subscribe(to: ">")
        let limit = ZMQBusConfiguration(publish: [], subscribe: []).maximumMessageSize
        let envelope = Envelope(subject: "a", rawPayload: Data(count: limit + 1))
        await #expect(throws: EventError.self) { try await joined.publisher.publish(envelope) }
        #expect(await local.next(within: .zero) == nil)
        await joined.close()
    }

    @Test func `something that is no ZeroMQ socket is reported and survived`() async throws {
        let subscriber = try ZMQBus.subscriber(at: .bind(Address.tcp))
        let address = try #require(subscriber.boundEndpoints.first)
        var events = subscriber.events.makeAsyncIterator()
        let stream = RawSocket(ZMQ_STREAM)
        #expect(stream.connect(address))
        let greeting = stream.receive()
        stream.send([greeting.first ?? [], Array("GET / HTTP/1.1\r\n\r\n".utf8)])
        let refused = await events.next()
        guard case .refused? = refused else {
            Issue.record("\(String(describing: refused)) is no refusal")
            return
        }
        let publisher = try ZMQBus.publisher(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        #expect(try await publisher.hasSubscriber(of: "a"))
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await publisher.close()
        await subscriber.close()
    }
}
