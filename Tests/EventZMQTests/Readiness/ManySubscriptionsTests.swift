import EventCore
import EventZMQ
import Testing

/// What a program does that subscribes to much at its start.
@Suite(.timeLimit(.minutes(3)), .serialized) struct ManySubscriptionsTests {
    /// How long it takes until so many subscriptions that begin at once are confirmed.
    private func time(_ count: Int) async throws -> Duration {
        let joined = try Joined()
        let first = try await joined.subscriber.subscribe(to: "first")
        let patterns = try (0..<count).map { try Pattern(validating: "run.r\($0).>") }
        var unhurried = SubscriptionOptions()
        unhurried.confirmationTimeout = .seconds(60)
        let options = unhurried
        let time = try await ContinuousClock().measure {
            try await withThrowingTaskGroup { group in
                for pattern in patterns {
                    group.addTask { try await joined.subscriber.subscribe(to: pattern, options: options) }
                }
                for try await subscription in group { #expect(subscription.confirmation?.isComplete == true) }
            }
        }
        #expect(joined.subscriber.statistics.unconfirmedSubscriptions == 0)
        first.close()
        await joined.close()
        return time
    }

    @Test(arguments: [9, 16, 200, 10_000])
    func `subscriptions that begin at once are all confirmed`(count: Int) async throws {
        #expect(try await time(count) < .seconds(60))
    }

    @Test func `who waits for subscribers does not hold up those who subscribe`() async throws {
        let joined = try Joined()
        var subscriptions: [Subscription] = []
        for number in 0..<1000 {
            subscriptions.append(try await joined.subscriber.subscribe(to: Pattern(validating: "run.r\(number).>")))
        }
        try await withThrowingTaskGroup { group in
            for number in 0..<1000 {
                let subject = try Subject(validating: "other.r\(number)")
                group.addTask {
                    _ = try await joined.publisher.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(60))
                }
            }
            let time = try await ContinuousClock().measure {
                for number in 0..<100 {
                    subscriptions.append(
                        try await joined.subscriber.subscribe(to: Pattern(validating: "more.r\(number)"))
                    )
                }
            }
            #expect(time < .seconds(20))
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result { #expect(error is CancellationError) }
            }
        }
        #expect(joined.subscriber.statistics.unconfirmedSubscriptions == 0)
        await joined.close()
    }

    @Test func `a publisher whose host has no address is told at once, while subscribe goes on waiting`() async throws {
        let subscriber = try ZMQBus.subscriber(at: .connect("tcp://nobody.invalid:5556"), .bind(Address.ipc()))
        var events = subscriber.events.makeAsyncIterator()
        async let subscription = subscriber.subscribe(to: "a")
        let event = await events.next()
        guard case .unresolved(let endpoint, _)? = event else {
            Issue.record("\(String(describing: event)) does not say that the host is unknown")
            return
        }
        #expect(endpoint == "tcp://nobody.invalid:5556")
        #expect(try await subscription.confirmation?.missing == ["tcp://nobody.invalid:5556 (nobody there)"])
        await subscriber.close()
    }

    @Test func `a publisher that nobody is at is told at once, and a call may wait shorter than the bus`() async throws
    {
        let address = Address.ipc()
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .seconds(60) }
        var events = subscriber.events.makeAsyncIterator()
        let event = await events.next()
        guard case .refused(address, _)? = event else {
            Issue.record("\(String(describing: event)) does not say that nobody listens")
            return
        }
        var options = SubscriptionOptions()
        options.confirmationTimeout = .zero
        let subscription = try await subscriber.subscribe(to: "a", options: options)
        #expect(subscription.confirmation == SubscriptionConfirmation(missing: ["\(address) (nobody there)"]))
        await subscriber.close()
    }

    @Test func `what comes while subscribe waits is there afterwards, however little the subscription buffers`()
        async throws
    {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let present = try #require(publisher.boundEndpoints.first)
        let subscriber = try ZMQBus.subscriber(at: .connect(present), .connect(Address.ipc())) {
            $0.confirmationTimeout = .milliseconds(500)
        }
        async let opening = subscriber.subscribe(to: "a", options: .init(bufferCapacity: 2))
        #expect(try await publisher.hasSubscriber(of: "a"))
        for number in 0..<100 { try await publisher.publish(number, to: "a") }
        let subscription = try await opening
        #expect(subscription.confirmation?.confirmed.count == 1)
        for number in 0..<100 {
            #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == number)
        }
        await subscriber.close()
        await publisher.close()
    }
}
