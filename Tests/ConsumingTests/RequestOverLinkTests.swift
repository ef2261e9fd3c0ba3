import EventCore
import EventZMQ
import Testing

@Suite(.timeLimit(.minutes(2))) struct RequestOverLinkTests {
    @Test func `a request is answered in another process`() async throws {
        let name = Envelope(subject: "test").id
        let (asking, answering) = ("ipc:///tmp/event-\(name)-a", "ipc:///tmp/event-\(name)-b")
        let client = try ZMQBus(
            configuration: ZMQBusConfiguration(publish: [.bind(asking)], subscribe: [.connect(answering)])
        )
        let server = try ZMQBus(
            configuration: ZMQBusConfiguration(publish: [.bind(answering)], subscribe: [.connect(asking)])
        )
        let requests = try await server.subscribe(to: "double")
        async let responding: Void = server.respond(to: requests) { request in
            Order(id: try request.decode(Order.self).map { $0.id * 2 } ?? 0)
        }
        #expect(try await client.waitForSubscribers(of: "double", atLeast: 1, timeout: .seconds(20)))
        let reply = try await client.request(Order(id: 21), to: "double", as: Order.self, within: .seconds(20))
        #expect(reply.id == 42)
        await client.close()
        await server.close()
        await responding
    }
}
