import EventCore
import Foundation
import ProcessSupport
import Testing

@testable import EventZMQ

/// The list of those who may connect changes while a bus is open.
@Suite(.timeLimit(.minutes(3))) final class RevocationTests {
    private let folder = "/tmp/event-\(Envelope(subject: "keys").id)"
    private var list: String { "\(folder)/list" }
    private let keys: [String: ZMQKeyPair]

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        keys = try ["server", "one", "other"].reduce(into: [:]) { $0[$1] = try ZMQKeyPair.generate() }
        for (name, pair) in keys { try pair.write("\(folder)/\(name)") }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func key(_ name: String) throws -> ZMQKeyPair { try #require(keys[name]) }

    private func admit(_ lines: (String, String)...) throws {
        let text = try lines.map { "\(try key($0).publicKey) \($0) \($1)\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: list))
    }

    private func server(publishes: Bool = true) throws -> ZMQBus {
        var configuration = ZMQBusConfiguration(
            publish: publishes ? [.bind(Address.tcp)] : [],
            subscribe: publishes ? [] : [.bind(Address.tcp)]
        )
        configuration.security = try ZMQSecurity(key: "\(folder)/server.key_secret", allow: list, serverKeys: [:])
        return try ZMQBus(configuration: configuration)
    }

    private func client(_ name: String, at address: String, publishes: Bool = false) throws -> ZMQBus {
        let endpoint = ZMQEndpoint.connect(address)
        var configuration = ZMQBusConfiguration(
            publish: publishes ? [endpoint] : [],
            subscribe: publishes ? [] : [endpoint]
        )
        configuration.security = ZMQSecurity(
            keyPair: try key(name),
            peers: [:],
            serverKeys: [endpoint: try key("server").publicKey]
        )
        return try ZMQBus(configuration: configuration)
    }

    private func awaitPeers(_ names: Set<String>, of bus: ZMQBus) async throws {
        try await eventually { Set(bus.peers.compactMap(\.name)) == names }
    }

    @Test func `whoever is taken off the list is cut off, the others are not, and who is put on it is let in`()
        async throws
    {
        try admit(("one", ""), ("other", ""))
        let publisher = try server()
        let address = try #require(publisher.boundEndpoints.first)
        let (one, other) = (try client("one", at: address), try client("other", at: address))
        let ofOne = try await one.subscribe(to: "a")
        let ofOther = try await other.subscribe(to: "a", options: .init(bufferCapacity: 1 << 14))
        #expect(try await publisher.hasSubscriber(of: "a", atLeast: 2))
        try await awaitPeers(["one", "other"], of: publisher)
        #expect(Set(one.peers.compactMap(\.name)) == [try key("server").publicKey.text])

        try admit(("other", ""))
        // What is published meanwhile shows that nothing happens to the other one.
        var number = 0
        while publisher.peers.count > 1 {
            number += 1
            try await publisher.publish(number, to: "a")
            let envelope = await ofOther.next(within: .seconds(20))
            #expect(try envelope?.decode(Int.self) == number)
        }
        try await awaitPeers(["other"], of: publisher)
        while await ofOne.next(within: .milliseconds(100)) != nil {}
        try await publisher.publish(0, to: "a")
        #expect(try await ofOther.next(within: .seconds(20))?.decode(Int.self) == 0)
        #expect(await ofOne.next(within: .milliseconds(100)) == nil)
        #expect(publisher.peerName(of: one.id) == "one")

        try admit(("other", ""), ("one", ""))
        try await awaitPeers(["one", "other"], of: publisher)
        #expect(other.statistics.lost == 0 && other.statistics.reconnections == 0)
        for bus in [one, other, publisher] { await bus.close() }
    }

    @Test func `what somebody may publish changes, and who it was can be asked`() async throws {
        try admit(("one", "publish=a"))
        let collector = try server(publishes: false)
        let source = try client("one", at: try #require(collector.boundEndpoints.first), publishes: true)
        let collected = try await collector.subscribe(to: ">")
        #expect(try await source.hasSubscriber(of: "a"))
        try await source.publish(1, to: "b")
        try await source.publish(2, to: "a")
        let first = try #require(await collected.next(within: .seconds(20)))
        #expect(first.subject == "a")
        #expect(first.origin == source.id)
        #expect(collector.peerName(of: try #require(first.origin)) == "one")
        try await collector.publish(first)
        let own = try #require(await collected.next(within: .seconds(20)))
        #expect(own == first && own.origin == nil)

        try admit(("one", "publish=b"))
        try await eventually {
            try await source.publish(3, to: "b")
            return await collected.next(within: .milliseconds(50))?.subject == "b"
        }
        try admit()
        try await awaitPeers([], of: collector)
        for bus in [source, collector] { await bus.close() }
    }

    @Test func `a server that is taken off the list is left, and come back to when it is on it again`() async throws {
        try admit(("server", ""), ("one", ""))
        let publisher = try server()
        let endpoint = ZMQEndpoint.connect(try #require(publisher.boundEndpoints.first))
        let ownList = "\(folder)/servers"
        try Data("\(key("server").publicKey) server\n".utf8).write(to: URL(fileURLWithPath: ownList))
        var configuration = ZMQBusConfiguration(publish: [], subscribe: [endpoint])
        configuration.security = try ZMQSecurity(
            key: "\(folder)/one.key_secret",
            allow: ownList,
            serverKeys: [endpoint: key("server").publicKey]
        )
        let subscriber = try ZMQBus(configuration: configuration)
        let subscription = try await subscriber.subscribe(to: "a")
        try await publisher.publish(1, to: "a")
        #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == 1)

        try Data().write(to: URL(fileURLWithPath: ownList))
        try await eventually { publisher.peers.isEmpty && subscriber.peers.isEmpty }
        #expect(subscriber.statistics.peers == 0)
        try Data("\(key("server").publicKey) server\n".utf8).write(to: URL(fileURLWithPath: ownList))
        try await eventually { subscriber.peers.map(\.name) == ["server"] }
        #expect(try await publisher.hasSubscriber(of: "a"))
        try await publisher.publish(2, to: "a")
        #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == 2)
        for bus in [subscriber, publisher] { await bus.close() }
    }

    @Test func `a list that is malformed, half written or gone changes nothing`() throws {
        try admit(("one", ""))
        let security = try ZMQSecurity(key: "\(folder)/server.key_secret", allow: list, serverKeys: [:])
        var now = ContinuousClock.now
        var watch = try #require(ListWatch(SecurityDomain(number: 0, security: security), now: now))
        func look() -> Result<AllowList, EventError>? {
            now += .milliseconds(250)
            #expect(watch.deadline <= now)
            return watch.looked(now, at: Result { () throws(EventError) in try AllowList(path: list) })
        }
        #expect(look() == nil)
        try admit()
        #expect(look() == nil)
        try admit(("one", ""))
        #expect(look() == nil && look() == nil)
        try admit(("one", ""), ("other", ""))
        let second = try AllowList(path: list)
        #expect(look() == nil && look() == .success(second) && look() == nil)
        try FileManager.default.removeItem(atPath: list)
        #expect(look() == nil)
        guard case .failure? = look() else {
            Issue.record("it is not told that the list is gone")
            return
        }
        #expect(look() == nil)
        try admit(("one", ""), ("other", ""))
        #expect(look() == nil && look() == nil)
    }

    @Test func `a new list names those who are to be cut off`() throws {
        let (one, other) = (try key("one").publicKey, try key("other").publicKey)
        var security = ZMQSecurity(
            keyPair: try key("server"),
            peers: [one: ZMQPermissions(name: "one"), other: ZMQPermissions(name: "other")],
            serverKeys: [:]
        )
        func domain(_ security: ZMQSecurity) -> SecurityDomain { SecurityDomain(number: 0, security: security) }
        var admission = Admission([domain(security)])
        #expect(admission.update(domain(security)) == [])
        security.peers[one]?.publish = ["a"]
        #expect(admission.update(domain(security)) == [])
        #expect(admission.refusal(of: "b", from: one.text) != nil)
        security.peers[one]?.subscribe = ["a"]
        #expect(admission.update(domain(security)) == [one.text])
        security.peers[other] = nil
        #expect(admission.update(domain(security)) == [other.text])
        #expect(admission.isListed(one.text) && !admission.isListed(other.text) && admission.isListed("uid:0"))
        // A server that is expected may never have been on the list; one that was taken off it is another matter.
        let server = try key("server").publicKey.text
        #expect(admission.refusal(of: "a", from: server) == nil && !admission.isRevoked(server))
        #expect(admission.refusal(of: "a", from: other.text) != nil && admission.isRevoked(other.text))
        security.peers[other] = ZMQPermissions(name: "other")
        #expect(admission.update(domain(security)) == [])
        #expect(admission.refusal(of: "a", from: other.text) == nil && !admission.isRevoked(other.text))
    }
}
