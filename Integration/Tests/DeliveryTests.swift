import IntegrationSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct DeliveryTests {
    @Test func `eight subscriber processes each get all of 100 000 envelopes, in order`() async throws {
        try await Stage.run { stage in
            let count = 100_000
            let publisher = try await stage.publisher(at: stage.address(), "--high-water-mark", "\(2 * count)")
            let subscribers = try await withThrowingTaskGroup { group in
                for number in 1...8 {
                    group.addTask {
                        let peer = try await stage.subscriber("subscriber \(number)", at: stage.address())
                        try await peer.subscribe(to: "orders.>")
                        return peer
                    }
                }
                return try await group.reduce(into: [Peer]()) { $0.append($1) }
            }
            try await publisher.awaitSubscribers(of: "orders.created", subscribers.count)
            try await publisher.publish(1...count, on: "orders.created")
            for subscriber in subscribers {
                let tally = try await subscriber.receive(count, on: "orders.>")
                #expect(tally == Tally(received: count))
                #expect(try await subscriber.counts.lost == 0)
            }
            let counts = try await publisher.counts
            #expect(counts.sent == count)
            #expect(counts.dropEpisodes == 0)
        }
    }

    @Test func `what is published as soon as another process has subscribed arrives, 200 times`() async throws {
        try await Stage.run { stage in
            let publisher = try await stage.publisher(at: stage.address())
            let subscriber = try await stage.subscriber(at: stage.address())
            for number in 1...200 {
                let subject = "orders.n\(number)"
                try await subscriber.subscribe(to: subject)
                try await publisher.publish(number, on: subject)
                #expect(try await subscriber.receive(number, on: subject).received == 1)
            }
            #expect(try await subscriber.counts.unconfirmed == 0)
        }
    }

    @Test func `two publishers' envelopes each keep their order`() async throws {
        try await Stage.run { stage in
            let subscriber = try await stage.peer("subscriber", ["--subscribe", "bind:\(stage.address())"])
            try await subscriber.subscribe(to: ">")
            let count = 5000
            try await withThrowingTaskGroup { group in
                for name in ["first", "second"] {
                    let publisher = try await stage.peer(name, ["--publish", "connect:\(stage.address())"])
                    try await publisher.awaitSubscribers(of: "a")
                    group.addTask { try await publisher.publish(1...count, on: "a") }
                }
                try await group.waitForAll()
            }
            let tally = try await subscriber.receive(count, publishers: 2, on: ">")
            #expect(tally == Tally(received: 2 * count))
        }
    }
}
