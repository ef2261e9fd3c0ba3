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
}
