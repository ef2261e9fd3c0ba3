import CZeroMQ
import EventCore
import EventZMQ
import ProcessSupport
import Testing
import TransportSupport

@Suite(.timeLimit(.minutes(3))) struct ReadinessTests {
    @Test func `nothing is lost that is published as soon as subscribe has returned, however often`() async throws {
        let joined = try Joined()
        for number in 1...200 {
            let subject = try Subject(validating: "orders.n\(number)")
            let subscription = try await joined.subscriber.subscribe(to: Pattern(subject))
            try await joined.publisher.publish(number, to: subject)
            #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == number)
            subscription.close()
        }
        await joined.close()
        #expect(joined.subscriber.statistics.unconfirmedSubscriptions == 0)
    }

    @Test func `every one of several publishers confirms`() async throws {
        let addresses = (0..<3).map { _ in Address.ipc() }
        let publishers = try addresses.map { try ZMQBus.publisher(at: .bind($0)) }
        let subscriber = try ZMQBus(
            configuration: ZMQBusConfiguration(publish: [], subscribe: addresses.map { .connect($0) })
        )
        let subscription = try await subscriber.subscribe(to: "a.>")
        for (number, publisher) in publishers.enumerated() { try await publisher.publish(number, to: "a.b") }
        var numbers: Set<Int> = []
        while numbers.count < 3, let envelope = await subscription.next(within: .seconds(20)) {
            try numbers.insert(#require(try envelope.decode(Int.self)))
        }
        #expect(numbers == [0, 1, 2])
        for bus in publishers + [subscriber] { await bus.close() }
    }

    @Test func `several publishers may connect to one subscriber, and each confirms`() async throws {
        let subscriber = try ZMQBus.subscriber(at: .bind(Address.ipc()))
        let address = try #require(subscriber.boundEndpoints.first)
        let first = try await subscriber.subscribe(to: "first")
        let publishers = try (0..<3).map { _ in try ZMQBus.publisher(at: .connect(address)) }
        for publisher in publishers { #expect(try await publisher.hasSubscriber(of: "first")) }
        let subscription = try await subscriber.subscribe(to: "a.b", options: .init(bufferCapacity: 8))
        for (number, publisher) in publishers.enumerated() { try await publisher.publish(number, to: "a.b") }
        for _ in publishers { #expect(await subscription.next(within: .seconds(20)) != nil) }
        #expect(subscriber.statistics.unconfirmedSubscriptions == 0)
        first.close()
        for bus in publishers + [subscriber] { await bus.close() }
    }

    @Test func `a publisher that starts after its subscriber is found`() async throws {
        let address = Address.ipc()
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(50) }
        let subscription = try await subscriber.subscribe(to: "a.>")
        #expect(subscriber.statistics.unconfirmedSubscriptions == 1)
        let publisher = try ZMQBus.publisher(at: .bind(address))
        #expect(try await publisher.hasSubscriber(of: "a.b"))
        try await publisher.publish(Envelope(subject: "a.b"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()
        await publisher.close()
    }

    @Test func `a publisher that never answers is waited for once`() async throws {
        let address = Address.ipc()
        let plain = RawSocket(ZMQ_PUB)
        #expect(plain.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(300) }
        _ = try await subscriber.subscribe(to: "a.>")
        #expect(subscriber.statistics.unconfirmedSubscriptions == 1)
        for number in 1...5 { _ = try await subscriber.subscribe(to: Pattern(Subject(validating: "b.\(number)"))) }
        #expect(subscriber.statistics.unconfirmedSubscriptions == 1)
        await subscriber.close()
    }

    @Test func `subscribers are counted by bus, and plain sockets beside them`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        #expect(try await publisher.waitForSubscribers(of: "a.b", atLeast: 0, timeout: .zero))
        #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .milliseconds(20)))
        let first = try ZMQBus.subscriber(at: .connect(address))
        let subscriptions = [
            try await first.subscribe(to: "a.b"), try await first.subscribe(to: "a.*"),
            try await first.subscribe(to: ">"),
        ]
        #expect(try await publisher.hasSubscriber(of: "a.b"))
        #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 2, timeout: .milliseconds(20)))
        let plain = RawSocket(ZMQ_SUB)
        plain.subscribe("a.")
        #expect(plain.connect(address))
        #expect(try await publisher.hasSubscriber(of: "a.b", atLeast: 2))
        let second = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await second.subscribe(to: "a.>")
        #expect(try await publisher.hasSubscriber(of: "a.b", atLeast: 3))
        for subscription in subscriptions + [subscription] { subscription.close() }
        for bus in [first, second, publisher] { await bus.close() }
    }

    @Test func `a wait for subscribers ends with the bus and with its task`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let cancelled = Task { try await publisher.hasSubscriber(of: "a") }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { try await publisher.hasSubscriber(of: "a") }
        await publisher.close()
        await #expect(throws: EventError.busClosed) { try await waiting.value }
        await #expect(throws: EventError.busClosed) { try await publisher.hasSubscriber(of: "a") }
    }

    @Test func `a subscribe that waits for a publisher ends with its task and with the bus`() async throws {
        let subscriber = try ZMQBus.subscriber(at: .connect(Address.ipc())) { $0.confirmationTimeout = .seconds(60) }
        let cancelled = Task { try await subscriber.subscribe(to: "a") }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { try await subscriber.subscribe(to: "a") }
        await subscriber.close()
        await #expect(throws: EventError.busClosed) { try await waiting.value }
    }

    @Test func `when the last subscription ends, so does the interest`() async throws {
        let joined = try Joined()
        let subscription = try await joined.subscriber.subscribe(to: "a.b")
        try await joined.publisher.publish(Envelope(subject: "a.b"))
        #expect(joined.publisher.statistics.sent == 1)
        subscription.close()
        try await eventually {
            try await !joined.publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .zero)
        }
        try await joined.publisher.publish(Envelope(subject: "a.b"))
        #expect(joined.publisher.statistics.sent == 1)
        await joined.close()
    }

    @Test func `more patterns than prefixes are allowed still get what they want, and only that`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.maximumWirePrefixes = 3 }
        var subscriptions: [Subscription] = []
        for number in 1...20 {
            subscriptions.append(try await subscriber.subscribe(to: Pattern(validating: "run.r\(number).*")))
        }
        for number in 1...20 {
            try await publisher.publish(number, to: Subject(validating: "run.r\(number).start"))
        }
        for (index, subscription) in subscriptions.enumerated() {
            #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == index + 1)
            #expect(await subscription.next(within: .zero) == nil)
        }
        await subscriber.close()
        await publisher.close()
    }
}
