import EventCore
import EventZMQ
import Foundation
import Testing

/// Swift blocks of EventZMQ's pages, to the letter, in a place where they compile and run.
@Suite(.timeLimit(.minutes(1)), .serialized) struct ZeroMQSnippets {
    private struct Start: Codable {}

    @Test func overview() async throws {
        let publisher = try ZMQBus(configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: []))
        let viewer = try ZMQBus(configuration: .init(publish: [], subscribe: [.connect(publisher.boundEndpoints[0])]))

        let runs = try await viewer.subscribe(to: "graph.run.>")  // confirmed by the publisher
        try await publisher.publish(Start(), to: "graph.run.r1.start")
        #expect(await runs.next(within: .seconds(20))?.subject == "graph.run.r1.start")
        await viewer.close()
        await publisher.close()
    }

    @Test func collector() async throws {
        let collector = try ZMQBus(configuration: .init(publish: [], subscribe: [.bind("tcp://127.0.0.1:*")]))
        let address = collector.boundEndpoints[0]
        let worker = try ZMQBus(configuration: .init(publish: [.connect(address)], subscribe: []))
        let everything = try await collector.subscribe(to: ">")
        #expect(try await worker.waitForSubscribers(of: "done", atLeast: 1, timeout: .seconds(20)))
        try await worker.publish(Envelope(subject: "done"))
        #expect(await everything.next(within: .seconds(20))?.subject == "done")
        await worker.close()
        await collector.close()
    }

    @Test func answering() async throws {
        let server = try ZMQBus(
            configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: [.bind("tcp://127.0.0.1:*")])
        )
        let (answers, asking) = (server.boundEndpoints[0], server.boundEndpoints[1])
        let client = try ZMQBus(configuration: .init(publish: [.connect(asking)], subscribe: [.connect(answers)]))
        let questions = try await server.subscribe(to: "ping")
        let pongs = try await client.subscribe(to: "pong")
        #expect(try await client.waitForSubscribers(of: "ping", atLeast: 1, timeout: .seconds(20)))
        let answering = Task(executorPreference: server.executor) {
            for await question in questions {
                try await server.publish(Envelope(subject: "pong", rawPayload: question.payload ?? Data()))
            }
        }
        try await client.publish(Envelope(subject: "ping", rawPayload: Data("1".utf8)))
        #expect(await pongs.next(within: .seconds(20))?.payload == Data("1".utf8))
        await client.close()
        await server.close()
        try await answering.value
    }

    @Test func watching() async throws {
        let publisher = try ZMQBus(configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: []))
        let address = publisher.boundEndpoints[0]
        let viewer = try ZMQBus(configuration: .init(publish: [], subscribe: [.connect(address)]))
        let runs = try await viewer.subscribe(to: "graph.run.>")
        let isHeard = try await publisher.waitForSubscribers(of: "graph.run.r1.start", atLeast: 1, timeout: .seconds(5))
        #expect(isHeard)
        runs.close()

        async let watching: Void = watch(publisher)
        await viewer.close()
        await publisher.close()
        await watching
    }

    private func watch(_ publisher: ZMQBus) async {
        for await event in publisher.events {
            switch event {
            case .queueFull(let endpoint): print("a subscriber at \(endpoint) is too slow")
            case .lost(let loss): print(loss)
            case .refused(let endpoint, let reason): print("\(endpoint): \(reason)")
            default: break
            }
        }
    }
}
