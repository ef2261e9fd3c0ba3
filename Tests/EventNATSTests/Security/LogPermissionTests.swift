import EventCore
import EventNATS
import NATSSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct LogPermissionTests {
    /// What "Keep a log" says that a log needs, but for one subject.
    private func configuration(without left: String = "") -> String {
        let subjects = [
            "shop.>", "$JS.API.STREAM.INFO.orders", "$JS.API.STREAM.CREATE.orders", "$JS.API.CONSUMER.*.orders.>",
            "$JS.API.CONSUMER.MSG.NEXT.orders.*", "$JS.ACK.orders.>", "$JS.FC.orders.>",
        ]
        let publish = subjects.filter { $0 != left }.map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            authorization { users = [ { user: ann, password: pw, permissions: {
              publish: [\(publish)], subscribe: ["_eb.shop.log.>"] } } ] }
            """
    }

    private func log(on server: NATSServer) async throws -> NATSLog {
        try await NATSLog.fresh(on: server, stream: "orders") {
            $0.namespace = "shop"
            $0.credentials = .user("ann", password: .text("pw"))
        }
    }

    @Test func `a user with no more than the documented permissions keeps a log`() async throws {
        let folder = try TestFolder()
        let server = try await NATSServer.withJetStream(["-c", try folder.write(configuration(), as: "server.conf")])
        let log = try await log(on: server)
        try await log.append(0..<10)
        #expect(try await numbers(of: log.replay(), 10) == Array(0..<10))
        let consumer = try await log.consume(name: "work")
        let delivery = try #require(try await consumer.next())
        try await delivery.ack()
        #expect(try await log.info.count == 10)
        await log.close()
        await server.kill()
    }

    @Test(arguments: ["$JS.API.STREAM.INFO.orders", "$JS.API.STREAM.CREATE.orders"])
    func `a log that may not ask for its stream is refused, in the server's words`(left: String) async throws {
        let folder = try TestFolder()
        let text = configuration(without: left)
        let server = try await NATSServer.withJetStream(["-c", try folder.write(text, as: "server.conf")])
        let error = await #expect(throws: EventError.self) {
            let log = try await self.log(on: server)
            await log.close()
        }
        #expect(reason(of: error).contains("Permissions Violation for Publish to \"\(left)\""))
        await server.kill()
    }
}
