import CZeroMQ
import EventCore
import EventTransport
import EventZMQ
import Foundation
import Testing

/// Buses that insist on keys.
@Suite(.timeLimit(.minutes(3))) struct SecurityTests {
    private let publisherKeys: ZMQKeyPair
    private let subscriberKeys: ZMQKeyPair

    init() throws {
        (publisherKeys, subscriberKeys) = (try .generate(), try .generate())
    }

    private func binding(
        _ configuration: ZMQBusConfiguration,
        _ own: ZMQKeyPair,
        _ other: ZMQKeyPair,
        _ permissions: ZMQPermissions = ZMQPermissions(name: "other")
    ) throws -> ZMQBus {
        var configuration = configuration
        configuration.security = ZMQSecurity(keyPair: own, peers: [other.publicKey: permissions], serverKeys: [:])
        return try ZMQBus(configuration: configuration)
    }

    private func publisher(at endpoint: String, _ permissions: ZMQPermissions = ZMQPermissions(name: "reader")) throws
        -> ZMQBus
    {
        let configuration = ZMQBusConfiguration(publish: [.bind(endpoint)], subscribe: [])
        return try binding(configuration, publisherKeys, subscriberKeys, permissions)
    }

    private func subscriber(
        at address: String,
        _ own: ZMQKeyPair? = nil,
        expecting key: ZMQPublicKey? = nil,
        publishes: Bool = false
    ) throws -> ZMQBus {
        let endpoint = ZMQEndpoint.connect(address)
        var configuration = ZMQBusConfiguration(
            publish: publishes ? [endpoint] : [],
            subscribe: publishes ? [] : [endpoint]
        )
        configuration.confirmationTimeout = .milliseconds(300)
        configuration.security = ZMQSecurity(
            keyPair: own ?? subscriberKeys,
            peers: [:],
            serverKeys: [endpoint: key ?? publisherKeys.publicKey]
        )
        return try ZMQBus(configuration: configuration)
    }

    /// Waits until a refusal is told whose reason holds some words.
    private func isRefused(_ words: String, in events: LinkEvents.AsyncIterator) async -> Bool {
        var events = events
        while let event = await events.next() {
            if case .refused(_, let reason) = event, reason.contains(words) { return true }
        }
        return false
    }

    @Test(arguments: [Address.tcp, Address.ipc(), "ipc://@event-\(Envelope(subject: "a").id)"])
    func `those who know each other exchange envelopes, whoever binds`(_ endpoint: String) async throws {
        let publisher = try publisher(at: endpoint)
        let subscriber = try subscriber(at: try #require(publisher.boundEndpoints.first))
        var patient = SubscriptionOptions()
        patient.confirmationTimeout = .seconds(20)
        let subscription = try await subscriber.subscribe(to: "a", options: patient)
        #expect(subscription.confirmation?.isComplete == true)
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()
        await publisher.close()

        let receiving = ZMQBusConfiguration(publish: [], subscribe: [.bind(endpoint)])
        let collector = try binding(receiving, publisherKeys, subscriberKeys)
        let source = try self.subscriber(at: try #require(collector.boundEndpoints.first), publishes: true)
        let collected = try await collector.subscribe(to: "a")
        #expect(try await source.hasSubscriber(of: "a"))
        try await source.publish(Envelope(subject: "a"))
        #expect(await collected.next(within: .seconds(20)) != nil)
        await source.close()
        await collector.close()
    }

    @Test func `what is as long as can be passes, though encrypted it is longer`() async throws {
        let publisher = try publisher(at: Address.tcp)
        let endpoint = ZMQEndpoint.connect(try #require(publisher.boundEndpoints.first))
        var configuration = ZMQBusConfiguration(publish: [], subscribe: [endpoint])
        configuration.maximumMessageSize = 2048
        configuration.security = ZMQSecurity(
            keyPair: subscriberKeys,
            peers: [:],
            serverKeys: [endpoint: publisherKeys.publicKey]
        )
        let subscriber = try ZMQBus(configuration: configuration)
        let subject = try Subject(validating: String(repeating: "a", count: Subject.maximumUTF8Count))
        let subscription = try await subscriber.subscribe(to: Pattern(validating: subject.rawValue))
        #expect(subscription.confirmation?.isComplete == true)
        let payload = Data("\"\(String(repeating: "x", count: 2046))\"".utf8)
        try await publisher.publish(Envelope(subject: subject, rawPayload: payload))
        #expect(await subscription.next(within: .seconds(20))?.payload == payload)
        for bus in [subscriber, publisher] { await bus.close() }
    }

    @Test func `a stranger's key, a wrong server key and plain text are refused, and told`() async throws {
        let publisher = try publisher(at: Address.tcp)
        let address = try #require(publisher.boundEndpoints.first)
        let stranger = try subscriber(at: address, ZMQKeyPair.generate())
        let ofStranger = stranger.events.makeAsyncIterator()
        let misled = try subscriber(at: address, expecting: ZMQKeyPair.generate().publicKey)
        let ofMisled = misled.events.makeAsyncIterator()
        let plain = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(300) }
        let ofPlain = plain.events.makeAsyncIterator()
        #expect(await isRefused("not admitted", in: ofStranger))
        #expect(await isRefused("closed the connection", in: ofMisled))
        #expect(await isRefused("the other side", in: ofPlain))
        let raw = RawSocket(ZMQ_SUB)
        raw.subscribe("")
        #expect(raw.connect(address))
        var subscriptions: [Subscription] = []
        for bus in [stranger, misled, plain] { subscriptions.append(try await bus.subscribe(to: ">")) }
        #expect(try await !publisher.waitForSubscribers(of: "a", atLeast: 1, timeout: .milliseconds(300)))

        let honest = try subscriber(at: address)
        let subscription = try await honest.subscribe(to: "a")
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        #expect(publisher.statistics.sent == 1)
        for bus in [stranger, misled, plain, honest, publisher] { await bus.close() }
    }

    @Test func `what somebody may not publish is told and not delivered`() async throws {
        let receiving = ZMQBusConfiguration(publish: [], subscribe: [.bind(Address.tcp)])
        let permissions = ZMQPermissions(name: "orders", publish: ["orders.>"])
        let collector = try binding(receiving, publisherKeys, subscriberKeys, permissions)
        let source = try subscriber(at: try #require(collector.boundEndpoints.first), publishes: true)
        var events = collector.events.makeAsyncIterator()
        let collected = try await collector.subscribe(to: ">")
        #expect(try await source.hasSubscriber(of: "orders.x"))
        try await source.publish(Envelope(subject: "billing.x"))
        try await source.publish(Envelope(subject: "orders.x"))
        #expect(await collected.next(within: .seconds(20))?.subject == "orders.x")
        while let event = await events.next() {
            guard case .malformed(_, let reason) = event else { continue }
            #expect(reason == "orders may not publish on billing.x")
            break
        }
        #expect(collector.statistics.malformed == 1)
        await source.close()
        await collector.close()
    }

    @Test func `whoever subscribes to what it may not is cut off`() async throws {
        let publisher = try publisher(at: Address.tcp, ZMQPermissions(name: "reader", subscribe: ["public.>"]))
        let address = try #require(publisher.boundEndpoints.first)
        let reader = try subscriber(at: address)
        let allowed = try await reader.subscribe(to: "public.a")
        try await publisher.publish(Envelope(subject: "public.a"))
        #expect(await allowed.next(within: .seconds(20)) != nil)
        let events = publisher.events.makeAsyncIterator()
        _ = try await reader.subscribe(to: "secret.>")
        #expect(await isRefused("reader may not subscribe to \"secret.\", and was cut off", in: events))
        await reader.close()
        await publisher.close()
    }

    @Test func `keys and permissions are read from the files that an address names`() async throws {
        let folder = "/tmp/event-\(Envelope(subject: "keys").id)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try publisherKeys.write("\(folder)/publisher")
        try subscriberKeys.write("\(folder)/subscriber")
        #expect(throws: EventError.self) { try subscriberKeys.write("\(folder)/subscriber") }
        let lines = "# who may read\n\(subscriberKeys.publicKey) reader subscribe=a.>,b publish=none\n"
        try Data(lines.utf8).write(to: URL(fileURLWithPath: "\(folder)/list"))
        let transports = TransportRegistry([.zmq])
        for allowed in ["list", ""] {
            let publisher = try await transports.open(
                "zmq:?publish=bind:tcp://127.0.0.1:*&key=\(folder)/publisher.key_secret&allow=\(folder)/\(allowed)"
            )
            let address = try #require((publisher as? ZMQBus)?.boundEndpoints.first)
            let subscriber = try await transports.open(
                "zmq:?subscribe=connect:\(address)&key=\(folder)/subscriber.key_secret"
                    + "&server-key-file=\(folder)/publisher.key&confirmationTimeout=20s"
            )
            let subscription = try await subscriber.subscribe(to: "a.x")
            #expect(subscription.confirmation?.isComplete == true)
            try await publisher.publish(Envelope(subject: "a.x"))
            #expect(await subscription.next(within: .seconds(20)) != nil)
            await subscriber.close()
            await publisher.close()
        }
    }

    @Test(
        arguments: [
            ("x", "line 1: no public key"), ("KEY", "line 1: no name"), ("KEY n publish", "neither publish="),
            ("KEY n publish=a..b", "a..b is no pattern"), ("KEY n\n\nKEY m", "line 3: the key is there twice"),
            ("KEY n write=a", "neither publish="),
        ]
    )
    func `a malformed list is refused as a whole, by its line`(_ text: String, _ reason: String) throws {
        let list = text.replacing("KEY", with: publisherKeys.publicKey.text)
        let path = "/tmp/event-\(Envelope(subject: "list").id)"
        try Data(list.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try publisherKeys.write(path)
        let error = #expect(throws: EventError.self) {
            try ZMQSecurity(key: "\(path).key_secret", allow: path, serverKeys: [:])
        }
        guard case .invalidConfiguration(let fault)? = error else { return }
        #expect(fault.contains(reason))
    }

    @Test func `what would be open to anyone, or could never connect, is refused`() throws {
        for endpoint in ["tcp://*:0", "tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://eth0:0"] {
            let configuration = ZMQBusConfiguration(publish: [.bind(endpoint)], subscribe: [])
            let error = #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
            guard case .invalidConfiguration(let fault)? = error else { continue }
            #expect(fault.contains("other hosts"))
        }
        var configuration = ZMQBusConfiguration(publish: [.connect("tcp://127.0.0.1:1")], subscribe: [])
        configuration.security = ZMQSecurity(keyPair: publisherKeys, peers: [:], serverKeys: [:])
        #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
    }
}
