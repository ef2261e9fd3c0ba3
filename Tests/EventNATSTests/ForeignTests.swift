import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// What programs that are no buses send, spoken by hand: one line of the protocol is one line of a test.
@Suite(.timeLimit(.minutes(5))) struct ForeignTests {
    @Test func `message of a plain client is an envelope with its headers`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await bus.subscribe(to: ">")
        let second = try await bus.subscribe(to: "a.*")
        let client = try PlainClient(port: server.port)
        client.send("PUB \(namespace).a.b 8\r\n{\"n\": 1}\r\n")
        let block = "NATS/1.0\r\nrun_id: r1\r\nOther: x y\r\n\r\n"
        client.send("HPUB \(namespace).a.c \(block.utf8.count) \(block.utf8.count + 2)\r\n\(block){}\r\n")
        client.send("PUB \(namespace).a%20b 0\r\n\r\n")
        let envelope = try #require(await subscription.next(within: .seconds(20)))
        #expect(envelope.subject == "a.b")
        #expect(envelope.payload == Data("{\"n\": 1}".utf8))
        #expect(!envelope.id.isEmpty)
        #expect(envelope.origin == nil)
        let withHeaders = try #require(await subscription.next(within: .seconds(20)))
        #expect(withHeaders.headers == ["run_id": "r1", "Other": "x y"])
        #expect(withHeaders.runID == "r1")
        #expect(await subscription.next(within: .seconds(20))?.subject == Subject("a b"))
        // Overlapping patterns bring one copy each.
        #expect(await second.next(within: .seconds(20))?.subject == "a.b")
        #expect(await second.next(within: .seconds(20))?.subject == "a.c")
        #expect(await second.next(within: .milliseconds(100)) == nil)
        #expect(await subscription.next(within: .milliseconds(100)) == nil)
        #expect(bus.statistics.received == 3)
        await bus.close()
    }

    @Test func `what is no envelope is counted, and harms nobody`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await bus.subscribe(to: ">")
        let client = try PlainClient(port: server.port)
        let block = "NATS/1.0\r\nEB: {\"v\":1,\r\n\r\n"
        client.send("HPUB \(namespace).a \(block.utf8.count) \(block.utf8.count)\r\n\(block)\r\n")
        client.send("PUB \(namespace).\u{FF}*x 0\r\n\r\n")
        client.send("PUB _eb.\(namespace).all 3\r\n\u{1}bc\r\n")
        try await eventually { bus.statistics.malformed == 3 }
        client.send("PUB \(namespace).b 0\r\n\r\n")
        #expect(await subscription.next(within: .seconds(20))?.subject == "b")
        await bus.close()
    }

    @Test func `a body that begins as buses write it is read as that, and any other is a payload`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await bus.subscribe(to: ">")
        let client = try PlainClient(port: server.port)
        // The subject between 0xFE and 0xFF, and then no field that could be: nothing of it is an envelope.
        client.send(
            Data("PUB \(namespace).a.b 7\r\n".utf8) + [0xFE] + Data("a.b".utf8) + [0xFF, 1, 200] + Data("\r\n".utf8)
        )
        let other: [UInt8] = [0xFE] + Array("a.c".utf8) + [0xFF, 1, 200]
        client.send(Data("PUB \(namespace).a.b 7\r\n".utf8) + other + Data("\r\n".utf8))
        #expect(await subscription.next(within: .seconds(20))?.payload == Data(other))
        #expect(bus.statistics.malformed == 1)
        // A subject that a frame would end earlier, for a server to permit one and a bus to read another.
        let inner: [UInt8] = Array("a".utf8) + [0xFF] + Array(".b".utf8)
        let forged = [0xFE] + inner + [0xFF, 0, 0]
        client.send(
            Data("PUB \(namespace).".utf8) + inner + Data(" \(forged.count)\r\n".utf8) + forged + Data("\r\n".utf8)
        )
        try await eventually { bus.statistics.malformed == 2 }
        #expect(await subscription.next(within: .milliseconds(100)) == nil)
        await bus.close()
    }

    @Test func `plain client reads the payload as it is, and one header`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let client = try PlainClient(port: server.port)
        client.send("SUB \(namespace).> 1\r\nPING\r\n")
        _ = try client.read(until: "PONG\r\n")
        var envelope = Envelope(subject: "a.b", rawPayload: Data("{\"n\": 1}".utf8))
        envelope.runID = "r\r\n1"
        try await bus.publish(envelope)
        let text = try client.read(until: "{\"n\": 1}\r\n")
        #expect(text.hasPrefix("HMSG \(namespace).a.b 1 "))
        #expect(text.contains("\r\nEB: {\"v\":1,\"origin\":\""))
        #expect(text.contains("\"run_id\":\"r\\r\\n1\""))
        await bus.close()
    }
}
