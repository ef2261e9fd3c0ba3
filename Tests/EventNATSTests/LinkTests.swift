import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct LinkTests {
    private func pair(_ form: NATSForm = .header) async throws -> (publisher: NATSBus, subscriber: NATSBus) {
        let server = try await Shared.server.value
        let namespace = freshName()
        return (
            try await NATSBus.on(server, namespace: namespace) { $0.form = form },
            try await NATSBus.on(server, namespace: namespace)
        )
    }

    @Test(arguments: NATSForm.allCases) func `everything of an envelope arrives`(_ form: NATSForm) async throws {
        let (publisher, subscriber) = try await pair(form)
        let subscription = try await subscriber.subscribe(to: ">")
        var envelope = Envelope(subject: "a.b", rawPayload: Data("{\"n\":[1, 2 ]}".utf8), source: "test")
        envelope.headers = ["run_id": "r\r\n1", "é": "", " blank ": " x ", "": "empty"]
        (envelope.traceID, envelope.spanID) = (String(repeating: "a", count: 32), String(repeating: "b", count: 16))
        try await publisher.publish(envelope)
        let odd = try Subject(validating: "a b.\r\nPUB x 0.%.é")
        try await publisher.publish(Envelope(subject: odd))
        #expect(await subscription.next(within: .seconds(20)) == envelope)
        #expect(await subscription.next(within: .seconds(20))?.subject == odd)
        #expect(subscriber.statistics.received == 2)
        await publisher.close()
        await subscriber.close()
    }

    @Test(arguments: NATSForm.allCases)
    func `overlapping patterns bring one copy to each subscription, in order`(_ form: NATSForm) async throws {
        let (publisher, subscriber) = try await pair(form)
        let patterns: [Pattern] = [">", "a.*", "a.b", "*.b", "a.>"]
        var subscriptions: [Subscription] = []
        for pattern in patterns {
            subscriptions.append(try await subscriber.subscribe(to: pattern, options: .init(bufferCapacity: 4096)))
        }
        for number in 0..<1000 { try await publisher.publish(number, to: "a.b") }
        for subscription in subscriptions {
            for number in 0..<1000 {
                let envelope = try #require(await subscription.next(within: .seconds(20)))
                #expect(try envelope.decode(Int.self) == number)
            }
            #expect(await subscription.next(within: .milliseconds(50)) == nil)
        }
        #expect(subscriber.statistics.received == 1000)
        await publisher.close()
        await subscriber.close()
    }

    @Test(arguments: NATSForm.allCases)
    func `a server that takes little at once gets all the same`(_ form: NATSForm) async throws {
        let folder = try TestFolder()
        let server = try await NATSServer(["-c", try folder.write("max_payload: 2048\n", as: "server.conf")])
        let namespace = freshName()
        let subscriber = try await NATSBus.on(server, namespace: namespace)
        let publisher = try await NATSBus.on(server, namespace: namespace) { $0.form = form }
        let subscription = try await subscriber.subscribe(to: "a.b", options: .init(bufferCapacity: 1024))
        let payload = Data(repeating: UInt8(ascii: "x"), count: 500)
        for _ in 0..<500 { try await publisher.publish(Envelope(subject: "a.b", rawPayload: payload)) }
        for _ in 0..<500 { #expect(await subscription.next(within: .seconds(20))?.payload == payload) }
        let large = Envelope(subject: "a.b", rawPayload: Data(count: 2048))
        let error = await #expect(throws: EventError.self) { try await publisher.publish(large) }
        #expect("\(String(describing: error))".contains("max_payload of 2048"))
        await publisher.close()
        await subscriber.close()
    }

    @Test func `waiting for subscribers counts buses, each once`() async throws {
        let (publisher, subscriber) = try await pair()
        #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .milliseconds(100)))
        let first = try await subscriber.subscribe(to: "a.>")
        let second = try await subscriber.subscribe(to: "a.b")
        #expect(try await publisher.hasSubscriber(of: "a.b"))
        #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 2, timeout: .milliseconds(100)))
        first.close()
        second.close()
        await subscriber.close()
        try await eventually { publisher.peers.isEmpty }
        #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .milliseconds(100)))
        await publisher.close()
    }

    @Test func `what is too large is refused, and the rest goes on`() async throws {
        let (publisher, subscriber) = try await pair()
        let subscription = try await subscriber.subscribe(to: "a")
        let large = Envelope(subject: "a", rawPayload: Data(repeating: 0x20, count: 1 << 20))
        await #expect(throws: EventError.self) { try await publisher.publish(large) }
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await publisher.close()
        await subscriber.close()
    }

    @Test func `namespaces do not see each other`() async throws {
        let (publisher, other) = (try await pair().publisher, try await pair().subscriber)
        let subscription = try await other.subscribe(to: ">")
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .milliseconds(200)) == nil)
        // The other one of its own pair is gone already, or about to say so.
        try await eventually { publisher.peers.isEmpty }
        await publisher.close()
        await other.close()
    }

    @Test func `what a stuck reader of the library loses is counted`() async throws {
        let (publisher, subscriber) = try await pair()
        let subscription = try await subscriber.subscribe(to: "burst.>", options: .init(bufferCapacity: 1 << 18))
        let count = 150_000
        for number in 0..<count {
            try await publisher.publish(Envelope(subject: number % 2 == 0 ? "burst.a" : "burst.b"))
        }
        let state = { "published \(publisher.statistics), received \(subscriber.statistics)" }
        try await eventually(within: .seconds(60), state()) {
            let statistics = subscriber.statistics
            return statistics.received + statistics.lost == publisher.statistics.sent
        }
        #expect(subscriber.statistics.unknownLosses == 0)
        subscription.close()
        await publisher.close()
        await subscriber.close()
    }
}
