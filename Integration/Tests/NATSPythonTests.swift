import EventCore
import EventNATS
import Foundation
import IntegrationSupport
import NATSSupport
import Testing

/// A bus beside nats-py, a client of NATS from PyPI.
@Suite(.enabled(if: NATSPython.isThere, "make nats-python runs them"), .timeLimit(.minutes(3)))
struct NATSPythonTests {
    private static let allBytes = Data(0...255)

    private func withServer(_ body: (NATSServer, NATSBus, Stage) async throws -> Void) async throws {
        let server = try await NATSServer()
        try await Stage.run { stage in
            let bus = try await NATSBus(configuration: NATSBusConfiguration(servers: [server.url]))
            try await body(server, bus, stage)
            await bus.close()
        }
        await server.kill()
    }

    @Test func `what a bus publishes comes to nats-py as it is`() async throws {
        try await withServer { server, bus, stage in
            let client = try NATSPython.start(on: stage, server.url, "receive", "orders.>", "3")
            #expect(try await client.nextLine() == "ready")
            let headers = ["run_id": "r1", "quotes": #"a "b" \ c"#, "unicode": "żółw 🐢", "breaks": "\r\n"]
            let envelopes = [
                Envelope(subject: "orders.all", rawPayload: Self.allBytes, headers: headers),
                Envelope(subject: "orders.none", source: "shop"),
                Envelope(subject: "orders.a b%", rawPayload: Data("{\"n\": 1}".utf8)),
            ]
            for envelope in envelopes { try await bus.publish(envelope) }
            for (envelope, subject) in zip(envelopes, ["orders.all", "orders.none", "orders.a%20b%25"]) {
                let message = try await NATSPython.Message(client.nextLine())
                #expect(message.subject == subject)
                #expect(message.bytes == envelope.payload ?? Data())
                // One header has the rest, as a line of JSON.
                let header = try #require(message.headers["EB"])
                let fields = try #require(JSONSerialization.jsonObject(with: Data(header.utf8)) as? [String: Any])
                #expect(message.headers.count == 1)
                #expect(fields["id"] as? String == envelope.id)
                #expect(fields["source"] as? String == envelope.source)
                #expect(fields["headers"] as? [String: String] ?? [:] == envelope.headers)
            }
        }
    }

    @Test func `what nats-py publishes with headers comes to a bus as it is`() async throws {
        try await withServer { server, bus, stage in
            let subscription = try await bus.subscribe(to: ">")
            let client = try NATSPython.start(on: stage, server.url, "publish")
            let messages = [
                NATSPython.Message(
                    subject: "orders.all",
                    Self.allBytes,
                    headers: ["run_id": "r1", "Other-Name": "x: y"]
                ),
                NATSPython.Message(subject: "orders.none", Data(), headers: [:]),
                NATSPython.Message(subject: "orders.a%20b%25", Data("{\"n\": 1}".utf8), headers: ["unicode": "żółw"]),
            ]
            for message in messages {
                try client.send(message.line)
            }
            client.closeInput()
            #expect(try await client.nextLine() == "done")
            for (message, subject) in zip(messages, ["orders.all", "orders.none", "orders.a b%"]) {
                let envelope = try #require(await subscription.next(within: .seconds(20)))
                #expect(envelope.subject.rawValue == subject)
                #expect(envelope.payload ?? Data() == message.bytes)
                #expect(envelope.headers == message.headers)
                #expect(!envelope.id.isEmpty && envelope.origin == nil)
            }
        }
    }

    @Test func `what goes there and back through nats-py is the same envelope`() async throws {
        try await withServer { server, bus, stage in
            let client = try NATSPython.start(on: stage, server.url, "receive", "there", "1")
            #expect(try await client.nextLine() == "ready")
            let sent = try Envelope(subject: "there", payload: ["n": 1], source: "shop", headers: ["run_id": "r1"])
            try await bus.publish(sent)
            var message = try await NATSPython.Message(client.nextLine())

            let subscription = try await bus.subscribe(to: "back")
            message.subject = "back"
            // The bus does not take what it has published itself.
            message.headers["EB"] = message.headers["EB"]?.replacing(#/"origin":"[^"]*",/#, with: "")
            let publisher = try NATSPython.start(on: stage, server.url, "publish")
            try publisher.send(message.line)
            publisher.closeInput()
            var received = try #require(await subscription.next(within: .seconds(20)))
            #expect(received.subject == "back")
            received.subject = "there"
            #expect(received == sent)
        }
    }
}
