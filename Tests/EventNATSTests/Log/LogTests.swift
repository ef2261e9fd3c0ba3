import EventCore
import EventNATS
import Foundation
import NATSSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct LogTests {
    // MARK: Appending

    @Test func `an envelope that is appended is there, whole`() async throws {
        let log = try await NATSLog.fresh()
        var envelope = try Envelope(
            subject: "orders.eu",
            payload: ["a": 1],
            source: "test",
            headers: ["k": "v\u{1}", "empty": ""]
        )
        envelope.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
        let position = try await log.append(envelope)
        #expect(position.sequence == 1)
        #expect(!position.isDuplicate)
        let entry = try #require(await log.replay().next())
        #expect(entry.sequence == 1)
        #expect(entry.remaining == 0)
        #expect(abs(entry.time.timeIntervalSinceNow) < 60)
        var filled = envelope
        (filled.id, filled.time) = (entry.envelope.id, entry.envelope.time)
        #expect(entry.envelope == filled)
        #expect(!entry.envelope.id.isEmpty)
        await log.close()
    }

    @Test(arguments: ["run 1\r\n", " x ", "%20", "$SYS.é", "_INBOX"])
    func `ids and subjects that the protocol has a meaning for come back as they were`(text: String) async throws {
        let log = try await NATSLog.fresh()
        var envelope = Envelope(subject: try Subject(validating: text.filter { $0 != "." } + ".x"))
        envelope.id = text
        try await log.append(envelope)
        let entry = try #require(await log.replay().next())
        #expect(entry.envelope.id.utf8.elementsEqual(text.utf8))
        #expect(entry.envelope.subject == envelope.subject)
        #expect(try await log.append(envelope).isDuplicate)
        await log.close()
    }

    @Test func `an envelope with an id that is known is kept once`() async throws {
        let log = try await NATSLog.fresh()
        let envelope = try Envelope(subject: "a.b", payload: 1)
        var named = envelope
        named.id = "one"
        let first = try await log.append(named)
        try await log.append(try Envelope(subject: "a.b", payload: 2))
        let second = try await log.append(named)
        #expect(second.sequence == first.sequence)
        #expect(second.isDuplicate)
        #expect(try await log.info.count == 2)
        await log.close()
    }

    @Test func `more calls than may be in flight all get their place`() async throws {
        let log = try await NATSLog.fresh { $0.maximumInFlight = 8 }
        let positions = try await withThrowingTaskGroup(of: UInt64.self) { group in
            for number in 0..<500 {
                group.addTask { try await log.append(try Envelope(subject: "a.b", payload: number)).sequence }
            }
            return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
        }
        #expect(positions == Set(1...500))
        await log.close()
    }

    @Test func `what the log does not take is refused at once`() async throws {
        let log = try await NATSLog.fresh { $0.subjects = ["orders.>"] }
        await #expect(throws: EventError.self) { try await log.append(Envelope(subject: "other.x")) }
        let large = Envelope(subject: "orders.x", rawPayload: Data(count: 1 << 20))
        let error = await #expect(throws: EventError.self) { try await log.append(large) }
        #expect(reason(of: error).contains("max_payload"))
        await log.close()
    }

    @Test func `a full log that discards the new says so in the words of the server`() async throws {
        let log = try await NATSLog.fresh {
            $0.maximumCount = 2
            $0.discard = .new
        }
        try await log.append(0..<2)
        let error = await #expect(throws: EventError.self) {
            try await log.append(try Envelope(subject: "a.b", payload: 3))
        }
        #expect(reason(of: error).contains("maximum messages exceeded"))
        await log.close()
    }

    @Test func `a call that is cancelled, or whose log is closed, ends`() async throws {
        let server = try await NATSServer.withJetStream()
        let log = try await NATSLog.fresh(on: server) {
            $0.duplicateWindow = .seconds(120); $0.timeout = .seconds(100)
        }
        await server.kill()
        let cancelled = Task { try await log.append(try Envelope(subject: "a.b", payload: 1)) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let closed = Task { try await log.append(try Envelope(subject: "a.b", payload: 1)) }
        let time = await ContinuousClock().measure { await log.close() }
        #expect(time < .seconds(10))
        let error = await #expect(throws: EventError.self) { try await closed.value }
        #expect(error == .busClosed)
    }

    @Test func `appending goes on when the server is back`() async throws {
        let server = try await NATSServer.withJetStream()
        let log = try await NATSLog.fresh(on: server) {
            $0.storage = .file; $0.timeout = .seconds(60)
        }
        try await log.append(0..<10)
        await server.kill()
        async let rest: Void = log.append(10..<20)
        try await server.start()
        try await rest
        #expect(try await numbers(of: log.replay(), 20) == Array(0..<20))
        #expect(try await log.info.count == 20)
        await log.close()
    }

    // MARK: Opening

    @Test func `a stream that differs is an error with both values`() async throws {
        let name = freshName()
        let log = try await NATSLog.fresh(stream: name) { $0.maximumCount = 10 }
        let again = try await NATSLog.fresh(stream: name) { $0.maximumCount = 10 }
        await again.close()
        let error = await #expect(throws: EventError.self) {
            try await NATSLog.fresh(stream: name) {
                $0.maximumCount = 20; $0.storage = .file
            }
        }
        guard case .invalidConfiguration(let fault)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.contains("maximumCount is 10 and not 20"))
        #expect(fault.contains("storage is memory and not file"))
        let asItIs = try await NATSLog.fresh(stream: name) {
            $0.opening = .asItIs; $0.maximumCount = 20
        }
        #expect(asItIs.subjects == [">"])
        await asItIs.close()
        await log.close()
    }

    @Test func `a stream that is taken as it is has to be there`() async throws {
        let error = await #expect(throws: EventError.self) { try await NATSLog.fresh { $0.opening = .asItIs } }
        #expect(reason(of: error) == "stream not found")
    }

    @Test func `a server without JetStream is told from one that is slow`() async throws {
        let server = try await Shared.server.value
        let error = await #expect(throws: EventError.self) {
            try await NATSLog.fresh(on: server) { $0.timeout = .seconds(10) }
        }
        #expect(reason(of: error).contains("no JetStream"))
    }

    @Test func `what a server does not permit is told in its words`() async throws {
        let server = try await NATSServer.withJetStream(["--user", "u", "--pass", "secret"])
        let error = await #expect(throws: EventError.self) { try await NATSLog.fresh(on: server) }
        #expect(reason(of: error).contains("Authorization Violation"))
        let log = try await NATSLog.fresh(on: server) { $0.credentials = .user("u", password: .text("secret")) }
        try await log.append(0..<1)
        await log.close()
    }

    @Test func `opening ends at once when its task is cancelled`() async throws {
        let server = try await Shared.server.value
        let task = Task { try await NATSLog.fresh(on: server) { $0.timeout = .seconds(100) } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `an envelope that is too large for the server is refused as malformed`() async throws {
        let log = try await NATSLog.fresh()
        let large = Envelope(subject: "a", rawPayload: Data("\"\(String(repeating: "x", count: 1_100_000))\"".utf8))
        let error = await #expect(throws: EventError.self) { try await log.append(large) }
        guard case .malformedEnvelope(let fault)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.contains("max_payload"))
        await log.close()
    }

    @Test func `info tells how the log is`() async throws {
        let log = try await NATSLog.fresh { $0.subjects = ["orders.>", "a b.*"] }
        var info = try await log.info
        #expect(info.count == 0)
        #expect(info.firstTime == nil)
        try await log.append(0..<3, on: "orders.x")
        info = try await log.info
        #expect(Set(info.subjects) == ["orders.>", "a b.*"])
        #expect(info.count == 3)
        #expect(info.bytes > 300)
        #expect(info.firstSequence == 1)
        #expect(info.lastSequence == 3)
        #expect(info.storage == "memory")
        #expect(info.retention == "limits")
        #expect(info.replicas == 1)
        let (first, last) = (try #require(info.firstTime), try #require(info.lastTime))
        #expect(last >= first)
        await log.close()
    }

    // MARK: With a bus

    @Test func `a bus of the namespace gets what is appended, and what it publishes is kept`() async throws {
        let server = try await SharedLog.server.value
        let name = freshName()
        let log = try await NATSLog.fresh(stream: name)
        let bus = try await NATSBus.on(server, namespace: name)
        let subscription = try await bus.subscribe(to: "a.*")
        let envelope = try Envelope(subject: "a.b", payload: 1)
        try await log.append(envelope)
        #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == 1)
        try await bus.publish(2, to: "a.c")
        #expect(try await numbers(of: log.replay(), 2) == [1, 2])
        await bus.close()
        await log.close()
    }
}

@Suite struct LogConfigurationTests {
    private func fault(_ change: (inout NATSLogConfiguration) -> Void) async -> String {
        var configuration = NATSLogConfiguration(servers: ["127.0.0.1:1"], stream: "x", namespace: "x")
        change(&configuration)
        do {
            _ = try await NATSLog(configuration: configuration)
            return "none"
        } catch {
            guard case EventError.invalidConfiguration(let fault) = error else { return "\(error)" }
            return fault
        }
    }

    @Test func `a value out of range is refused by its name`() async {
        #expect(await fault { $0.stream = "a.b" }.contains("stream"))
        #expect(await fault { $0.stream = "" }.contains("stream"))
        #expect(await fault { $0.replicas = 6 }.contains("replicas"))
        #expect(await fault { $0.maximumInFlight = 0 }.contains("maximumInFlight"))
        #expect(await fault { $0.maximumCount = 0 }.contains("maximumCount"))
        #expect(await fault { $0.timeout = .zero }.contains("timeout"))
        #expect(await fault { $0.duplicateWindow = .seconds(1) }.contains("duplicateWindow"))
        #expect(await fault { $0.maximumAge = .seconds(60) }.contains("maximumAge"))
        #expect(await fault { $0.namespace = nil }.contains("namespace"))
        #expect(
            await fault {
                $0.namespace = nil; $0.subjects = ["*.x"]
            }.contains("namespace")
        )
        #expect(await fault { $0.subjects = [] }.contains("subjects"))
        #expect(await fault { $0.servers = [] }.contains("server"))
    }
}
