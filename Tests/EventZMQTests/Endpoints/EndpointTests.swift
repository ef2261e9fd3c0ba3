import CZeroMQ
import EventCore
import EventZMQ
import Foundation
import IntegrationSupport
import Testing
import TransportSupport

@Suite(.timeLimit(.minutes(1))) struct EndpointTests {
    private func path(_ address: String) -> String { String(address.dropFirst(6)) }

    private func leaveDeadFile(at address: String) {
        let dying = RawSocket(ZMQ_PUB)
        #expect(dying.bind(address))
        dying.leaveFile()
    }

    @Test func `a wildcard port is told`() async throws {
        var configuration = ZMQBusConfiguration(
            publish: [.bind("tcp://127.0.0.1:*")],
            subscribe: [.bind("tcp://*:0")]
        )
        configuration.security = ZMQSecurity.none
        let bus = try ZMQBus(configuration: configuration)
        let ports = bus.boundEndpoints.compactMap { Int($0.split(separator: ":").last ?? "") }
        #expect(ports.count == 2 && ports.allSatisfy { $0 > 0 })
        await bus.close()
    }

    @Test func `IPv6 is spoken when asked for`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind("tcp://[::1]:*")) { $0.ipv6 = true }
        let address = try #require(publisher.boundEndpoints.first)
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.ipv6 = true }
        let subscription = try await subscriber.subscribe(to: "a")
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()
        await publisher.close()
    }

    @Test(arguments: [Address.tcp, "ipc://@event-\(Envelope(subject: "a").id)", Address.ipc()])
    func `an address in use is refused, and its owner keeps it`(_ address: String) async throws {
        let first = try ZMQBus.publisher(at: .bind(address))
        let bound = try #require(first.boundEndpoints.first)
        let error = #expect(throws: EventError.self) { try ZMQBus.publisher(at: .bind(bound)) }
        guard case .transport(let failure)? = error else {
            Issue.record("\(String(describing: error)) is no failure of the transport")
            return
        }
        #expect(failure.code == EADDRINUSE)
        #expect(failure.operation == "bind \(bound)")
        let subscriber = try ZMQBus.subscriber(at: .connect(bound))
        let subscription = try await subscriber.subscribe(to: "a")
        try await first.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()
        await first.close()
        await (try ZMQBus.publisher(at: .bind(bound))).close()
    }

    @Test func `the file of an ipc address goes with the bus`() async throws {
        let address = Address.ipc()
        let bus = try ZMQBus.publisher(at: .bind(address))
        #expect(FileManager.default.fileExists(atPath: path(address)))
        await bus.close()
        #expect(!FileManager.default.fileExists(atPath: path(address)))
    }

    @Test func `a file that a dead process left is taken over`() async throws {
        let address = Address.ipc()
        leaveDeadFile(at: address)
        #expect(FileManager.default.fileExists(atPath: path(address)))
        await (try ZMQBus.publisher(at: .bind(address))).close()
        #expect(!FileManager.default.fileExists(atPath: path(address)))
    }

    @Test func `of several buses that take over one dead file at once, one has it`() async throws {
        for _ in 0..<50 {
            let address = Address.ipc()
            leaveDeadFile(at: address)
            let buses = await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { Result { try ZMQBus.publisher(at: .bind(address)) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let opened = buses.compactMap { try? $0.get() }
            #expect(opened.count == 1)
            for bus in opened { await bus.close() }
            #expect(!FileManager.default.fileExists(atPath: path(address)))
            #expect(!FileManager.default.fileExists(atPath: path(address) + ".lock"))
        }
    }

    @Test func `who is about to bind a path is named to the others`() throws {
        let address = Address.ipc()
        let lock = path(address) + ".lock"
        #expect(FileManager.default.createFile(atPath: lock, contents: Data("4711\n".utf8)))
        let file = try #require(FileHandle(forUpdatingAtPath: lock))
        #expect(flock(file.fileDescriptor, LOCK_EX) == 0)
        let error = #expect(throws: EventError.self) { try ZMQBus.publisher(at: .bind(address)) }
        guard case .transport(let failure)? = error else { return }
        #expect(failure.reason == "process 4711 is about to bind it")
        #expect(failure.code == EADDRINUSE)
        try FileManager.default.removeItem(atPath: lock)
    }

    @Test(arguments: [Int32(SOCK_DGRAM.rawValue), Int32(SOCK_SEQPACKET.rawValue)])
    func `a socket of another type is left alone, and one that does not listen yet`(_ type: Int32) async throws {
        let address = Address.ipc()
        let other = try PathSocket(type, at: path(address))
        #expect(throws: EventError.self) { try ZMQBus.publisher(at: .bind(address)) }
        #expect(other.isThere)
        other.close()
        let silent = Address.ipc()
        let bound = try PathSocket(Int32(SOCK_STREAM.rawValue), at: path(silent))
        #expect(throws: EventError.self) { try ZMQBus.publisher(at: .bind(silent)) }
        #expect(bound.isThere)
        bound.close()
    }

    @Test(arguments: [nil, 0o660]) func `a file has the mode that was chosen`(_ mode: Int?) async throws {
        let address = Address.ipc()
        let bus = try ZMQBus.publisher(at: .bind(address)) { if let mode { $0.socketFileMode = mode } }
        let found = try FileManager.default.attributesOfItem(atPath: path(address))[.posixPermissions] as? Int
        #expect(found == mode ?? 0o600)
        await bus.close()
    }

    @Test func `a path that somebody has removed is bound again, and one that somebody has taken is told`() async throws
    {
        let address = Address.ipc()
        let bus = try ZMQBus.publisher(at: .bind(address))
        var events = bus.events.makeAsyncIterator()
        try FileManager.default.removeItem(atPath: path(address))
        #expect(await events.next() == .restarted(endpoint: address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        try await bus.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()

        try FileManager.default.removeItem(atPath: path(address))
        try Data().write(to: URL(fileURLWithPath: path(address)))
        var reason: String?
        while reason == nil, let event = await events.next() {
            if case .refused(address, let found) = event { reason = found }
        }
        #expect(reason?.contains("does not lead here") == true)
        await bus.close()
        #expect(FileManager.default.fileExists(atPath: path(address)))
        try FileManager.default.removeItem(atPath: path(address))
    }

    @Test func `a file that is no socket is left alone`() async throws {
        let address = Address.ipc()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path(address)))
        #expect(throws: EventError.self) { try ZMQBus.publisher(at: .bind(address)) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path(address))) == Data("precious".utf8))
        try FileManager.default.removeItem(atPath: path(address))
    }

    @Test func `a bus that cannot be opened leaves nothing behind`() async throws {
        let address = Address.ipc()
        let configuration = ZMQBusConfiguration(
            publish: [.bind(address), .bind("ipc:///nowhere/at/all")],
            subscribe: []
        )
        #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
        #expect(!FileManager.default.fileExists(atPath: path(address)))
        await (try ZMQBus.publisher(at: .bind(address))).close()
    }

    @Test func `values out of range are refused`() {
        let changes: [(inout ZMQBusConfiguration) -> Void] = [
            { $0.sendHighWaterMark = 0 }, { $0.sendHighWaterMark = 1 << 40 }, { $0.maximumMessageSize = 1 },
            { $0.maximumWirePrefixes = 0 }, { $0.socketFileMode = 0o1000 }, { $0.linger = .seconds(-1) },
            { $0.confirmationTimeout = .seconds(-1) },
            { $0.subscribe = [.connect("ipc:///a"), .connect("ipc:///a")] }, { $0.publish = [.bind("nonsense")] },
        ]
        for change in changes {
            var configuration = ZMQBusConfiguration(publish: [], subscribe: [])
            change(&configuration)
            #expect(throws: EventError.self) { try ZMQBus(configuration: configuration) }
        }
    }
}
