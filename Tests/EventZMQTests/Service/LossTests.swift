import CZeroMQ
import EventCore
import EventZMQ
import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct LossTests {
    @Test func `a gap in the numbers is counted and told`() async throws {
        let plain = RawSocket(ZMQ_XPUB)
        let address = Address.ipc()
        #expect(plain.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(200) }
        let subscription = try await subscriber.subscribe(to: "a.b")
        let events = subscriber.events.makeAsyncIterator()
        for number in [5, 6, 9, 1] { plain.send("a.b", #"{"origin":"o","seq":\#(number)}"#, "") }
        for _ in 0..<4 { #expect(await subscription.next(within: .seconds(20)) != nil) }
        #expect(subscriber.statistics.lost == 2)
        #expect(subscriber.statistics.lostByOrigin == ["o": 2])
        var iterator = events
        let isLoss = { (event: LinkEvent?) in
            if case .lost(let loss)? = event { loss.count == 2 && loss.origin == "o" } else { false }
        }
        var event = await iterator.next()
        while let seen = event, !isLoss(seen) { event = await iterator.next() }
        #expect(isLoss(event))
        await subscriber.close()
    }

    @Test func `a subscriber that does not read loses envelopes, the others do not`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc())) {
            $0.sendHighWaterMark = 1000
            // One that does not read does not answer either, and would be let go by a test that is slow.
            $0.heartbeatInterval = .zero
        }
        let address = try #require(publisher.boundEndpoints.first)
        let stuck = RawSocket(ZMQ_SUB)
        stuck.set(ZMQ_RCVHWM, 1)
        stuck.subscribe("a")
        #expect(stuck.connect(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a", options: .init(bufferCapacity: 1 << 16))
        #expect(try await publisher.hasSubscriber(of: "a", atLeast: 2))
        let envelope = Envelope(subject: "a", rawPayload: Data(repeating: 0x31, count: 4000))
        for _ in 0..<50 {
            for _ in 0..<100 { try await publisher.publish(envelope) }
            for _ in 0..<100 { #expect(await subscription.next(within: .seconds(20)) != nil) }
        }
        #expect(publisher.statistics.sendQueueDropEpisodes == 1)
        #expect(subscriber.statistics.lost == 0)
        await subscriber.close()
        await publisher.close()
    }

    @Test func `what comes back to where it was published is ignored`() async throws {
        let address = Address.ipc()
        let bus = try ZMQBus(
            configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: [.connect(address)])
        )
        let subscription = try await bus.subscribe(to: "a")
        try await bus.publish(1, to: "a")
        try await bus.publish(2, to: "a")
        #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == 1)
        #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == 2)
        try await eventually { bus.statistics.echoes == 2 }
        #expect(await subscription.next(within: .zero) == nil)
        await bus.close()
    }

    @Test func `what comes off the wire waits for nobody`() async throws {
        let joined = try Joined()
        let full = try await joined.subscriber.subscribe(
            to: "a",
            options: .init(bufferCapacity: 1, backpressure: .block)
        )
        let other = try await joined.subscriber.subscribe(to: "a")
        for number in 1...10 { try await joined.publisher.publish(number, to: "a") }
        for number in 1...10 { #expect(try await other.next(within: .seconds(20))?.decode(Int.self) == number) }
        #expect(try await full.next(within: .zero)?.decode(Int.self) == 1)
        #expect(await full.next(within: .zero) == nil)
        await joined.close()
    }
}
