import EventCore
import EventMemory
import EventTesting
import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct RequestTests {
    /// Runs `body` while a responder doubles the ids of orders.
    private func withDoubling(on bus: some Bus, concurrency: Int = 1, _ body: () async throws -> Void) async throws {
        let requests = try await bus.subscribe(to: "double")
        let responder = Task {
            await bus.respond(to: requests, concurrency: concurrency) { request in
                guard let order = try request.decode(Order.self) else { throw RequestFailure("nothing to double") }
                return Order(id: order.id * 2)
            }
        }
        try await body()
        responder.cancel()
        await responder.value
    }

    @Test func `a reply comes back, and nothing is left`() async throws {
        let bus = CountingBus()
        try await withDoubling(on: bus) {
            let reply = try await bus.request(Order(id: 4), to: "double", as: Order.self, within: .seconds(20))
            #expect(reply == Order(id: 8))
            #expect(bus.count == 1)
        }
        #expect(bus.total == 2)
        #expect(bus.count == 0)
    }

    @Test func `the reply names the request and comes on an address of its own`() async throws {
        let bus = MemoryBus()
        try await withDoubling(on: bus) {
            let request = try Envelope(subject: "double", payload: Order(id: 1))
            let first = try await bus.request(request, within: .seconds(20))
            let second = try await bus.request(request, within: .seconds(20))
            #expect(first.headers[Envelope.HeaderKey.requestID] == request.id)
            #expect(first.subject.isReplyAddress && EventCore.Pattern(first.subject).isReplyAddress)
            #expect(!request.subject.isReplyAddress && !EventCore.Pattern(request.subject).isReplyAddress)
            #expect(first.subject != second.subject)
        }
    }

    @Test func `many requests at once each get their own reply`() async throws {
        let bus = MemoryBus()
        try await withDoubling(on: bus, concurrency: 4) {
            try await withThrowingTaskGroup(of: (Int, Order).self) { group in
                for id in 0..<50 {
                    group.addTask {
                        (id, try await bus.request(Order(id: id), to: "double", as: Order.self, within: .seconds(30)))
                    }
                }
                for try await (id, reply) in group { #expect(reply.id == 2 * id) }
            }
        }
    }

    @Test("a concurrency of less than 1 counts as 1", arguments: [0, -1])
    func concurrency(_ concurrency: Int) async throws {
        let bus = MemoryBus()
        try await withDoubling(on: bus, concurrency: concurrency) {
            let reply = try await bus.request(Order(id: 4), to: "double", as: Order.self, within: .seconds(20))
            #expect(reply.id == 8)
        }
    }

    @Test func `an envelope that the handler returns is the reply, and asks nothing itself`() async throws {
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "echo")
        let responder = Task {
            await bus.respond(to: requests) { request in
                var reply = request
                reply.headers["own"] = "kept"
                return reply
            }
        }
        let request = try Envelope(subject: "echo", payload: Order(id: 4))
        let reply = try await bus.request(request, within: .seconds(20))
        #expect(try reply.decode(Order.self) == Order(id: 4))
        #expect(reply.subject.isReplyAddress)
        #expect(reply.id != request.id)
        #expect(reply.headers == ["own": "kept", Envelope.HeaderKey.requestID: request.id])
        responder.cancel()
        await responder.value
    }

    @Test func `a reply belongs to the trace of its request, whatever the responder's is`() async throws {
        let bus = MemoryBus()
        try await withDoubling(on: bus) {
            var request = try Envelope(subject: "double", payload: Order(id: 1))
            request.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
            request.spanID = "00f067aa0ba902b7"
            request.headers["tracestate"] = "vendor=1"
            let reply = try await bus.request(request, within: .seconds(20))
            #expect(reply.traceID == request.traceID)
            #expect(reply.spanID == request.spanID)
            #expect(reply.headers["tracestate"] == "vendor=1")
        }
    }

    @Test func `what the handler throws is told to the one who asks, and the responder goes on`() async throws {
        let bus = MemoryBus()
        try await withDoubling(on: bus) {
            await #expect(throws: EventError.requestFailed("nothing to double")) {
                _ = try await bus.request(Envelope(subject: "double"), within: .seconds(20))
            }
            let reply = try await bus.request(Order(id: 1), to: "double", as: Order.self, within: .seconds(20))
            #expect(reply.id == 2)
        }
    }

    @Test func `of other errors the one who asks learns the type alone, and the responder all`() async throws {
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "secret")
        let (failures, continuation) = AsyncStream.makeStream(of: (any Error).self)
        let responder = Task {
            await bus.respond(to: requests, onFailure: { error, _ in continuation.yield(error) }) { _ -> Order in
                throw Fault(name: "password=hunter2")
            }
        }
        await #expect(throws: EventError.requestFailed("Fault")) {
            _ = try await bus.request(Envelope(subject: "secret"), within: .seconds(20))
        }
        for await failure in failures {
            #expect((failure as? Fault)?.name == "password=hunter2")
            break
        }
        responder.cancel()
        await responder.value
    }

    /// What a responder reports that is given one request.
    private func reports(
        on bus: some Bus,
        handler: @escaping @Sendable (Envelope) async throws -> Order
    ) async throws -> [String] {
        let requests = try await bus.subscribe(to: "double")
        var request = Envelope(subject: "double")
        request.headers[Envelope.HeaderKey.replyTo] = "_reply.x"
        try await bus.publish(request)
        requests.close()
        let reports = Lock<[String]>([])
        await bus.respond(
            to: requests,
            onFailure: { error, _ in reports.withLock { $0.append("\(error)") } },
            handler
        )
        return reports.withLock(\.self)
    }

    @Test(
        "a reply that cannot be published is reported once, whether the failure can be told or not",
        arguments: [1, 2]
    )
    func unpublished(_ failures: Int) async throws {
        let bus = RecordingBus()
        let reports = try await reports(on: bus) { _ in
            bus.failNextPublishes(failures, with: Fault(name: "no way"))
            return Order(id: 1)
        }
        #expect(reports == ["fault no way"])
        let told = bus.published.last?.headers[Envelope.HeaderKey.replyError]
        #expect(told == (failures == 1 ? "Fault" : nil))
    }

    @Test func `what the handler throws is reported once, and why that could not be told`() async throws {
        let bus = RecordingBus()
        let reports = try await reports(on: bus) { _ in
            bus.failNextPublishes(1, with: Fault(name: "no way"))
            throw Fault(name: "of its own")
        }
        #expect(reports == ["fault of its own", "fault no way"])
    }

    @Test func `a bus that is closed during a request is reported once`() async throws {
        let bus = MemoryBus()
        let reports = try await reports(on: bus) { _ in
            await bus.close()
            return Order(id: 1)
        }
        #expect(reports == ["\(EventError.busClosed)"])
    }

    @Test func `without an answer the limit ends it, and nothing is left`() async throws {
        let bus = CountingBus()
        let error = await #expect(throws: EventError.self) {
            _ = try await bus.request(Envelope(subject: "nobody"), within: .milliseconds(50))
        }
        #expect(error == .noReply("nobody within 0.05 seconds"))
        #expect(bus.total == 1)
        #expect(bus.count == 0)
    }

    @Test func `a publish that waits for room is ended by the limit`() async throws {
        let bus = CountingBus()
        let full = try await bus.subscribe(
            to: "full",
            options: SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        )
        try await bus.publish(Envelope(subject: "full"))
        await #expect(throws: EventError.self) {
            _ = try await bus.request(Envelope(subject: "full"), within: .milliseconds(50))
        }
        #expect(bus.count == 1)
        full.close()
    }

    @Test func `cancelling the task ends the wait, and nothing is left`() async throws {
        let bus = CountingBus()
        let requests = try await bus.subscribe(to: "slow")
        let asking = Task { try await bus.request(Envelope(subject: "slow"), within: .seconds(60)) }
        #expect(await requests.next(within: .seconds(20)) != nil)
        asking.cancel()
        await #expect(throws: CancellationError.self) { try await asking.value }
        requests.close()
        #expect(bus.total == 2)
        #expect(bus.count == 0)
    }

    @Test func `closing the bus ends the wait`() async throws {
        let bus = CountingBus()
        let requests = try await bus.subscribe(to: "slow")
        let asking = Task { try await bus.request(Envelope(subject: "slow"), within: .seconds(60)) }
        #expect(await requests.next(within: .seconds(20)) != nil)
        await bus.close()
        await #expect(throws: EventError.busClosed) { try await asking.value }
        #expect(bus.count == 0)
    }

    @Test func `the first of several replies counts`() async throws {
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "race")
        let asking = Task { try await bus.request(Envelope(subject: "race"), within: .seconds(60)) }
        let request = try #require(await requests.next(within: .seconds(20)))
        let address = try Subject(validating: try #require(request.headers[Envelope.HeaderKey.replyTo]))
        try await bus.publish(Order(id: 1), to: address)
        try await bus.publish(Order(id: 2), to: address)
        #expect(try await asking.value.decode(Order.self)?.id == 1)
    }

    @Test(
        "what names no address for replies is not answered",
        arguments: [
            "", "orders.created", "_reply", "_reply.", "_reply.*", "_reply.a.b", "_reply..a", "_replyx.a", "x._reply.a",
        ]
    )
    func noAddress(_ address: String) async throws {
        let bus = RecordingBus()
        let requests = try await bus.subscribe(to: "double")
        for headers in [[:], [Envelope.HeaderKey.replyTo: address]] {
            try await bus.publish(Envelope(subject: "double", headers: headers))
        }
        requests.close()
        await bus.respond(to: requests) { _ in
            Issue.record("handled")
            return Order(id: 0)
        }
        #expect(bus.published.count == 2)
    }

    @Test func `a responder ends with its bus, or with its task`() async throws {
        let bus = CountingBus()
        let first = Task { try await bus.respond(to: "a") { _ in 1 } }
        let second = Task { try await bus.respond(to: "a", concurrency: 3) { _ in 1 } }
        try await eventually { bus.count == 2 }
        first.cancel()
        try await first.value
        #expect(bus.count == 1)
        await bus.close()
        try await second.value
        #expect(bus.count == 0)
    }
}
