import EventCore
import EventZMQ
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct LinkTests {
    @Test(arguments: Joined.Way.allCases)
    func `what is published after subscribe has returned arrives`(_ way: Joined.Way) async throws {
        let joined = try Joined(way)
        let subscription = try await joined.subscriber.subscribe(to: "orders.*.created")
        if !way.publisherBinds {
            #expect(
                try await joined.publisher.waitForSubscribers(of: "orders.eu.created", atLeast: 1, timeout: .seconds(5))
            )
        }
        let sent = Envelope(
            subject: "orders.eu.created",
            rawPayload: #"{"id":7}"#.data(using: .utf8) ?? .init(),
            source: "shop",
            headers: ["b": "2", "a": "é\"<"]
        )
        try await joined.publisher.publish(sent)
        #expect(await subscription.next(within: .seconds(10)) == sent)
        await joined.close()
        #expect(joined.subscriber.statistics.unconfirmedSubscriptions == 0)
    }

    /// Long payloads stay in the memory that libzmq received them into, short ones are copied.
    @Test func `payloads of all lengths arrive whole, and outlive the bus that received them`() async throws {
        let joined = try Joined(.ipcPublisherBinds)
        let subscription = try await joined.subscriber.subscribe(to: ">")
        let payloads = [0, 1, 33, 8191, 8192, 32_767, 32_768, 32_769, 1_000_000].map { count in
            Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        }
        for payload in payloads { try await joined.publisher.publish(Envelope(subject: "a", rawPayload: payload)) }
        var received: [Envelope] = []
        for _ in payloads {
            received.append(try #require(await subscription.next(within: .seconds(20))))
        }
        await joined.close()
        #expect(received.map { $0.payload ?? Data() } == payloads)
        // Each envelope has its own: changing one must change no other.
        received[8].payload?[0] = 99
        #expect(payloads[8][0] == 0)
        #expect(received[7].payload == payloads[7])
    }
}
