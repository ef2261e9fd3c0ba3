import CZeroMQ
import EventCore
import Foundation
import ProcessSupport
import Testing
import TransportSupport

@testable import EventTransport
@testable import EventZMQ

/// Endpoints of one bus that differ in who may connect.
@Suite(.timeLimit(.minutes(3))) final class EndpointSecurityTests {
    private let folder = "/tmp/event-\(Envelope(subject: "keys").id)"
    private let keys: [String: ZMQKeyPair]

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        keys = try ["server", "gate", "one", "other"].reduce(into: [:]) { $0[$1] = try ZMQKeyPair.generate() }
        for (name, pair) in keys { try pair.write("\(folder)/\(name)") }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func key(_ name: String) throws -> ZMQKeyPair { try #require(keys[name]) }

    private func security(_ own: String, _ peers: [String: ZMQPermissions]) throws -> ZMQSecurity {
        let peers = try peers.map { (try key($0).publicKey, $1) }
        return ZMQSecurity(keyPair: try key(own), peers: Dictionary(uniqueKeysWithValues: peers), serverKeys: [:])
    }

    private func client(_ name: String?, at address: String, expecting server: String, publishes: Bool = false) throws
        -> ZMQBus
    {
        let endpoint = ZMQEndpoint.connect(address)
        var configuration = ZMQBusConfiguration(
            publish: publishes ? [endpoint] : [],
            subscribe: publishes ? [] : [endpoint]
        )
        configuration.confirmationTimeout = .seconds(20)
        if let name {
            configuration.security = ZMQSecurity(
                keyPair: try key(name),
                peers: [:],
                serverKeys: [endpoint: try key(server).publicKey]
            )
        }
        return try ZMQBus(configuration: configuration)
    }

    @Test func `beside an endpoint with keys there may be one with others, and one for this host without any`()
        async throws
    {
        let (plain, inner) = (ZMQEndpoint.bind("tcp://127.0.0.1:*"), ZMQEndpoint.bind("tcp://127.0.0.3:*"))
        let outer = ZMQEndpoint.bind("tcp://127.0.0.2:*")
        var configuration = ZMQBusConfiguration(publish: [plain, inner, outer], subscribe: [])
        configuration.endpointSecurity = [
            plain: .none,
            outer: try security("gate", ["other": ZMQPermissions(name: "guest", subscribe: ["public.>"])]),
        ]
        configuration.security = try security("server", ["one": ZMQPermissions(name: "one")])
        let publisher = try ZMQBus(configuration: configuration)
        let addresses = publisher.boundEndpoints
        let readers = [
            try client(nil, at: addresses[0], expecting: ""),
            try client("one", at: addresses[1], expecting: "server"),
            try client("other", at: addresses[2], expecting: "gate"),
        ]
        var subscriptions: [Subscription] = []
        for reader in readers {
            let subscription = try await reader.subscribe(to: "public.>")
            #expect(subscription.confirmation?.isComplete == true)
            subscriptions.append(subscription)
        }
        try await publisher.publish(1, to: "public.a")
        for subscription in subscriptions { #expect(await subscription.next(within: .seconds(20)) != nil) }
        #expect(Set(publisher.peers.map(\.name)) == [nil, "one", "guest"])

        // Each key is good at its own endpoint alone.
        let events = publisher.events.makeAsyncIterator()
        let misplaced = [
            try client("other", at: addresses[1], expecting: "server"),
            try client("one", at: addresses[2], expecting: "gate"),
            try client(nil, at: addresses[2], expecting: ""),
        ]
        for bus in misplaced {
            var told = bus.events.makeAsyncIterator()
            while let event = await told.next() { if case .refused = event { break } }
            #expect(bus.statistics.peers == 0)
        }
        // The one without keys may do everything, the guest may not.
        _ = try await readers[0].subscribe(to: "secret.>")
        _ = try await readers[1].subscribe(to: "secret.>")
        _ = try await readers[2].subscribe(to: "secret.>", options: .confirmed(within: .zero))
        #expect(await isCutOff("guest may not subscribe to \"secret.\", and was cut off", events))
        for bus in readers + misplaced + [publisher] { await bus.close() }
    }

    private func isCutOff(_ words: String, _ events: LinkEvents.AsyncIterator) async -> Bool {
        var events = events
        while let event = await events.next() {
            if case .refused(_, let reason) = event, reason == words { return true }
        }
        return false
    }

    @Test func `what may be published depends on the endpoint, too`() async throws {
        let (inner, outer) = (ZMQEndpoint.bind("tcp://127.0.0.1:*"), ZMQEndpoint.bind("tcp://127.0.0.2:*"))
        var configuration = ZMQBusConfiguration(publish: [], subscribe: [inner, outer])
        configuration.security = try security("server", ["one": ZMQPermissions(name: "inside")])
        configuration.endpointSecurity[outer] = try security(
            "server",
            ["one": ZMQPermissions(name: "outside", publish: ["a"])]
        )
        let collector = try ZMQBus(configuration: configuration)
        var events = collector.events.makeAsyncIterator()
        let collected = try await collector.subscribe(to: ">")
        let outside = try client("one", at: collector.boundEndpoints[1], expecting: "server", publishes: true)
        let inside = try client("one", at: collector.boundEndpoints[0], expecting: "server", publishes: true)
        for bus in [outside, inside] {
            #expect(try await bus.hasSubscriber(of: "a"))
            for subject: Subject in ["b", "a"] { try await bus.publish(1, to: subject) }
            if bus === inside { #expect(await collected.next(within: .seconds(20))?.subject == "b") }
            #expect(await collected.next(within: .seconds(20))?.subject == "a")
        }
        while let event = await events.next() {
            guard case .malformed(_, let reason) = event else { continue }
            #expect(reason == "outside may not publish on b")
            break
        }
        for bus in [outside, inside, collector] { await bus.close() }
    }

    @Test func `who has proved nothing can tell no losses of one who has, nor acknowledge for it`() async throws {
        let (plain, keyed) = (ZMQEndpoint.bind("tcp://127.0.0.1:*"), ZMQEndpoint.bind("tcp://127.0.0.2:*"))
        var receiving = ZMQBusConfiguration(publish: [], subscribe: [plain, keyed])
        receiving.security = try security("server", ["one": ZMQPermissions(name: "one")])
        receiving.endpointSecurity[plain] = ZMQSecurity.none
        let collector = try ZMQBus(configuration: receiving)
        let collected = try await collector.subscribe(to: "a")
        let source = try client("one", at: collector.boundEndpoints[1], expecting: "server", publishes: true)
        #expect(try await source.hasSubscriber(of: "a"))
        try await source.publish(1, to: "a")
        let origin = try #require(await collected.next(within: .seconds(20))?.origin)
        #expect(collector.peerName(of: origin) == "one")

        var events = collector.events.makeAsyncIterator()
        let forger = RawSocket(ZMQ_XPUB)
        forger.pretend(toBe: origin)
        #expect(forger.connect(collector.boundEndpoints[0]))
        let inbox = ControlTopic.inbox(bus: collector.id)
        #expect(forger.receive(until: [1] + inbox.bytes) == [[1] + inbox.bytes])
        var message = LedgerMessage(origin: origin, socket: 1, serial: 1, number: 900)
        message.lines = [.init(incarnation: 1, epoch: 1, total: 900)]
        forger.send([inbox.bytes] + message.frames)
        forger.send([Array("a".utf8), Array(#"{"v":1,"origin":"\#(origin)"}"#.utf8), []])
        let fault = "anyone speaks for bus \(origin) of one"
        var count = 0
        while count < 2, let event = await events.next() {
            if case .malformed(_, fault) = event { count += 1 }
        }
        #expect(count == 2)
        try await source.publish(2, to: "a")
        #expect(try await collected.next(within: .seconds(20))?.decode(Int.self) == 2)
        #expect(collector.statistics.lost == 0 && collector.peerName(of: origin) == "one")
        await source.close()
        await collector.close()
    }

    @Test func `who subscribes in the name of one who has proved its own counts as nobody`() async throws {
        let (plain, keyed) = (ZMQEndpoint.bind("tcp://127.0.0.1:*"), ZMQEndpoint.bind("tcp://127.0.0.2:*"))
        var publishing = ZMQBusConfiguration(publish: [plain, keyed], subscribe: [])
        publishing.security = try security("server", ["one": ZMQPermissions(name: "one")])
        publishing.endpointSecurity[plain] = ZMQSecurity.none
        let publisher = try ZMQBus(configuration: publishing)
        let reader = try client("one", at: publisher.boundEndpoints[1], expecting: "server")
        let subscription = try await reader.subscribe(to: "a")
        #expect(subscription.confirmation?.isComplete == true)

        let forger = RawSocket(ZMQ_XSUB)
        forger.pretend(toBe: reader.id)
        #expect(forger.connect(publisher.boundEndpoints[0]))
        for topic in [
            Array("b".utf8), ControlTopic.interest(bus: reader.id, incarnation: 9, prefix: .text("b")).bytes,
            Array("last".utf8),
        ] { forger.send([[1] + topic]) }
        // It is a plain subscriber of what it has subscribed to, and no bus.
        #expect(try await publisher.hasSubscriber(of: "last"))
        #expect(publisher.peers.map(\.name) == ["one"])
        try await publisher.publish(1, to: "a")
        #expect(await subscription.next(within: .seconds(20)) != nil)
        for bus in [reader, publisher] { await bus.close() }
    }

    @Test func `a list is read again for the endpoint that it belongs to`() async throws {
        let (list, other) = ("\(folder)/list", "\(folder)/others")
        let text = Data("\(try key("one").publicKey) one\n".utf8)
        for path in [list, other] { try text.write(to: URL(fileURLWithPath: path)) }
        let transports = TransportRegistry([.zmq])
        let publisher = try await transports.open(
            "zmq:?publish=bind:tcp://127.0.0.1:*&publish=bind:tcp://127.0.0.2:*;allow=\(other)"
                + "&key=\(folder)/server.key_secret&allow=\(list)"
        )
        let addresses = try #require(publisher as? ZMQBus).boundEndpoints
        let reader = try await transports.open(
            "zmq:?subscribe=connect:\(addresses[0]);server-key-file=\(folder)/server.key"
                + "&subscribe=connect:\(addresses[1]);server-key-file=\(folder)/server.key"
                + "&key=\(folder)/one.key_secret&confirmationTimeout=20s"
        )
        let subscription = try await reader.subscribe(to: "a")
        #expect(subscription.confirmation?.isComplete == true)
        let link = try #require(publisher.link)
        try await eventually { link.peers.count == 2 }
        try Data("# nobody\n".utf8).write(to: URL(fileURLWithPath: other))
        try await eventually { link.peers.count == 1 }
        try await publisher.publish(1, to: "a")
        #expect(await subscription.next(within: .seconds(20)) != nil)
        for bus in [reader, publisher] { await bus.close() }
    }

    @Test func `security of what is no endpoint, or two, or names peers without a key is refused`() throws {
        let wildcard = ZMQEndpoint.bind("tcp://127.0.0.1:*")
        var elsewhere = ZMQBusConfiguration(publish: [wildcard], subscribe: [])
        elsewhere.endpointSecurity[.bind("tcp://127.0.0.1:1")] = ZMQSecurity.none
        var twice = ZMQBusConfiguration(publish: [wildcard], subscribe: [wildcard])
        twice.endpointSecurity[wildcard] = ZMQSecurity.none
        var open = ZMQBusConfiguration(publish: [wildcard], subscribe: [])
        open.security = ZMQSecurity.none
        open.security?.userIDs = [1]
        let cases = [(elsewhere, "no endpoint of this bus"), (twice, "is there 2 times"), (open, "no key pair")]
        for (configuration, words) in cases {
            let error = #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
            guard case .invalidConfiguration(let fault)? = error else { continue }
            #expect(fault.contains(words))
        }
    }

    @Test(
        arguments: [
            "publish=bind:tcp://127.0.0.1:*;security=none&publish=bind:tcp://127.0.0.1:*",
            "publish=bind:tcp://127.0.0.1:*;security=none&subscribe=bind:tcp://127.0.0.1:*",
            "publish=bind:tcp://127.0.0.1:*;server-key=x", "publish=bind:ipc://@a;server-key-file=x",
        ]
    )
    func `an address that says two things of one endpoint, or what means nothing there, is refused`(_ text: String)
        async throws
    {
        let error = await #expect(throws: EventError.self) {
            _ = try await TransportRegistry([.zmq]).open("zmq:?\(text)&key=\(folder)/server.key_secret")
        }
        guard case .invalidConfiguration? = error else {
            Issue.record("it is \(String(describing: error))")
            return
        }
    }

    @Test func `a secret in the place of a file or of a public key is not repeated`() async throws {
        let file = "\(folder)/one.key_secret"
        let secret = try #require(CertificateFile(text: String(contentsOfFile: file, encoding: .utf8)).secretKey)
        var named: [EventError?] = [#expect(throws: EventError.self) { try ZMQPublicKey(validating: "\(secret)x") }]
        for values in [["key": secret], ["key": file, "allow": secret]] {
            let options = SecurityOptions { values[$0] }
            named.append(#expect(throws: EventError.self) { try options.security(of: [], "zmq") })
        }
        for error in named { #expect(error.map { "\($0)" }?.contains(secret) == false) }
    }
}

extension SubscriptionOptions {
    fileprivate static func confirmed(within limit: Duration) -> SubscriptionOptions {
        var options = SubscriptionOptions()
        options.confirmationTimeout = limit
        return options
    }
}
