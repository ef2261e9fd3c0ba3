import EventCore
import EventMemory
import Foundation
import Hummingbird
import ServiceLifecycle
import Testing

@testable import LiveView

@Suite(.timeLimit(.minutes(1))) struct LiveViewTests {
    private let drops: DropCounter
    private let bus: MemoryBus

    init() {
        drops = DropCounter()
        bus = MemoryBus(observer: drops)
    }

    @Test func `a browser sees what matches its pattern, as it was published`() async throws {
        try await withServer { port in
            try await Browser.open("/events?pattern=graph.%3E", port: port) { head, events in
                #expect(head.status == .ok)
                #expect(head.headers["content-type"] == ["text/event-stream"])

                let payload = Data(#"{"price" : 1.0,"text":"<b>é\n"}"#.utf8)
                let envelope = Envelope(subject: "graph.run.r1.start", rawPayload: payload)
                try await bus.publish(Envelope(subject: "kanban.board.b1.update"))
                try await bus.publish(envelope)

                #expect(try await events.next() == ": connected")
                let event = try #require(try await events.next())
                #expect(try event == "data: " + String(decoding: envelope.jsonData(), as: UTF8.self))
                #expect(event.contains(String(decoding: payload, as: UTF8.self)))
            }
        }
    }

    @Test func `a payload of several lines arrives as one event`() async throws {
        try await withServer { port in
            try await Browser.open("/events", port: port) { _, events in
                try await bus.publish(Envelope(subject: "a", rawPayload: Data("{\n\"b\":\n1}".utf8)))
                #expect(try await events.next() == ": connected")
                let lines = try #require(try await events.next()).split(separator: "\n")
                #expect(lines.count == 3)
                let data = lines.map { $0.dropFirst("data: ".count) }.joined(separator: "\n")
                let received = try Envelope(jsonData: Data(data.utf8))
                #expect(try received.decode([String: Int].self) == ["b": 1])
            }
        }
    }

    @Test func `a browser that does not read holds nobody up, and is told what it missed`() async throws {
        try await withServer { port in
            try await Browser.open("/events", port: port) { _, events in
                let large = Data(("\"" + String(repeating: "x", count: 64 << 10) + "\"").utf8)
                while drops.total == 0 {
                    try await bus.publish(Envelope(subject: "large", rawPayload: large))
                    await Task.yield()
                }
                var event = try await events.next()
                while let text = event, !text.hasPrefix("event: dropped\ndata: ") { event = try await events.next() }
                #expect(event == "event: dropped\ndata: 1")
            }
        }
    }

    @Test func `the stream ends when the bus is closed`() async throws {
        try await withServer { port in
            try await Browser.open("/events", port: port) { _, events in
                try await bus.publish(Envelope(subject: "last"))
                await bus.close()
                #expect(try await events.next() == ": connected")
                let last = try #require(try await events.next())
                #expect(last.contains(#""subject":"last""#))
                #expect(try await events.next() == nil)
            }
        }
    }

    @Test(arguments: ["a..b", "a.%3E.b", "%20*"])
    func `what is no pattern is refused`(_ text: String) async throws {
        try await withServer { port in
            try await Browser.open("/events?pattern=" + text, port: port) { head, _ in
                #expect(head.status == .badRequest)
            }
        }
    }

    @Test func `the page is HTML`() async throws {
        try await withServer { port in
            try await Browser.open("/", port: port) { head, events in
                #expect(head.headers["content-type"] == ["text/html; charset=utf-8"])
                let start = try #require(try await events.next())
                #expect(start.hasPrefix("<!doctype html>"))
            }
        }
    }

    private func withServer(_ body: (Int) async throws -> Void) async throws {
        let (ports, running) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: liveViewRouter(bus: bus, drops: drops),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }
        )
        let services = ServiceGroup(services: [application], logger: application.logger)
        try await withThrowingTaskGroup { group in
            group.addTask {
                defer { running.finish() }
                try await services.run()
            }
            let port = try #require(await ports.first { _ in true })
            try await body(port)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}
