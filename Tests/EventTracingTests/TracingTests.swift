import EventCore
import EventMemory
import EventTesting
import EventTracing
import EventZMQ
import InMemoryTracing
import Testing
import Tracing
import TracingSupport

@Suite(.timeLimit(.minutes(1))) struct TracingTests {
    private struct Fault: Error {}
    private let tracer = W3CTracer()

    private func traced(
        _ template: (@Sendable (Subject) -> String?)? = nil
    ) -> (bus: TracedBus, record: RecordingBus) {
        let record = RecordingBus()
        return (TracedBus(record, tracer: tracer, template: template), record)
    }

    private func text(_ name: String, of span: FinishedInMemorySpan) -> String? {
        guard case .string(let text)? = span.attributes.get(name) else { return nil }
        return text
    }

    @Test func `a publish is a producer span whose ids travel with the envelope`() async throws {
        let (bus, record) = traced()
        try await bus.publish(Envelope(subject: "orders.7.paid"))
        let span = try #require(tracer.base.popFinishedSpans().first)
        #expect(span.operationName == "publish")
        #expect(span.kind == .producer)
        #expect(span.links.isEmpty)
        let envelope = try #require(record.published.first)
        #expect(envelope.traceID == span.traceID)
        #expect(envelope.spanID == span.spanID)
        #expect(envelope.headers.isEmpty)
        #expect(text("messaging.system", of: span) == "event_bus")
        #expect(text("messaging.operation.name", of: span) == "publish")
        #expect(text("messaging.operation.type", of: span) == "send")
        #expect(text("messaging.destination.name", of: span) == "orders.7.paid")
        #expect(text("messaging.message.id", of: span) == envelope.id)
        #expect(span.attributes.get("error.type") == nil)
    }

    @Test func `a reply's span says that its address is temporary and which request it answers`() async throws {
        let (bus, record) = traced()
        let requests = try await bus.subscribe(to: "ask")
        let responder = Task { await bus.respond(to: requests) { _ in 1 } }
        #expect(try await bus.request(0, to: "ask", as: Int.self, within: .seconds(20)) == 1)
        responder.cancel()
        await responder.value
        let request = try #require(record.published(on: "ask").first)
        let spans = tracer.base.popFinishedSpans()
        let reply = try #require(spans.first { text("messaging.message.conversation_id", of: $0) == request.id })
        #expect(reply.attributes.get("messaging.destination.temporary") == .bool(true))
        let publish = try #require(spans.first { text("messaging.destination.name", of: $0) == "ask" })
        #expect(publish.attributes.get("messaging.destination.temporary") == nil)
    }

    @Test func `a bus within one process has no link`() async throws {
        let (bus, _) = traced()
        #expect(bus.link == nil)
    }

    @Test func `the link is forwarded`() {
        let bus = StubLinkedBus()
        #expect(TracedBus(bus, tracer: tracer).link as? StubLink === bus.stub)
    }

    @Test func `a template names the span`() async throws {
        let (bus, _) = traced { $0.segments.first == "orders" ? "orders.*.paid" : nil }
        try await bus.publish(Envelope(subject: "orders.7.paid"))
        try await bus.publish(Envelope(subject: "users.7"))
        let spans = tracer.base.popFinishedSpans()
        #expect(spans.map(\.operationName) == ["publish orders.*.paid", "publish"])
        #expect(text("messaging.destination.template", of: spans[0]) == "orders.*.paid")
        #expect(spans[1].attributes.get("messaging.destination.template") == nil)
    }

    @Test func `a failed publish is recorded with the type of the error`() async throws {
        let (bus, record) = traced()
        record.failNextPublishes(1, with: EventError.busClosed)
        await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
        let span = try #require(tracer.base.popFinishedSpans().first)
        #expect(text("error.type", of: span) == "EventCore.EventError")
        #expect(span.status?.code == .error)
        #expect(span.errors.count == 1)
    }

    @Test func `the ids of the publish replace those of the task it is a child of`() async throws {
        let (bus, record) = traced()
        try await withTracer(tracer) {
            try await tracer.withSpan("request") { _ in try await bus.publish(Envelope(subject: "a")) }
        }
        let spans = tracer.base.popFinishedSpans()
        let (publish, request) = (try #require(spans.first), try #require(spans.last))
        #expect(publish.parentSpanID == request.spanID)
        #expect(record.published.first?.spanID == publish.spanID)
    }

    @Test func `an envelope that is passed on keeps its context, and the span links to it`() async throws {
        let (bus, record) = traced()
        var envelope = Envelope(subject: "a")
        (envelope.traceID, envelope.spanID) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
        try await bus.publish(envelope)
        #expect(record.published.first?.spanID == "b7ad6b7169203331")
        let span = try #require(tracer.base.popFinishedSpans().first)
        #expect(span.links.map(\.context.inMemorySpanContext?.spanID) == ["b7ad6b7169203331"])
    }

    @Test func `baggage travels in a header`() async throws {
        let (bus, record) = traced()
        var context = ServiceContext.topLevel
        context.baggage = "tenant=acme"
        try await ServiceContext.withValue(context) { try await bus.publish(Envelope(subject: "a")) }
        let envelope = try #require(record.published.first)
        #expect(envelope.headers == ["baggage": "tenant=acme"])
        await envelope.withConsumerSpan(tracer: tracer) { _ in
            #expect(ServiceContext.current?.baggage == "tenant=acme")
        }
    }

    @Test("the sampling decision is kept", arguments: ["00", "01"])
    func sampling(_ flags: String) async throws {
        var tracer = tracer
        tracer.flags = flags
        let record = RecordingBus()
        try await TracedBus(record, tracer: tracer).publish(Envelope(subject: "a"))
        let envelope = try #require(record.published.first)
        #expect((envelope.headers["traceparent"] == nil) == (flags == "01"))
        await envelope.withConsumerSpan(tracer: tracer) { span in #expect(span.context.flags == flags) }
    }

    @Test func `a tracer with fields of its own is carried by headers`() async throws {
        let tracer = InMemoryTracer()
        let record = RecordingBus()
        let bus = TracedBus(record, tracer: tracer)
        try await bus.publish(Envelope(subject: "a"))
        let envelope = try #require(record.published.first)
        #expect(envelope.traceID == nil)
        await envelope.withConsumerSpan(tracer: tracer) { _ in }
        let spans = tracer.popFinishedSpans()
        #expect(spans.last?.parentSpanID == spans.first?.spanID)
        #expect(spans.last?.traceID == spans.first?.traceID)
        try await bus.publish(envelope)
        #expect(record.published.last?.headers == envelope.headers)
    }

    @Test func `handling is a consumer span, a child of the publish and linked to it`() async throws {
        let (bus, record) = traced()
        let subscription = try await bus.subscribe(to: "orders.*.paid")
        try await bus.publish(Envelope(subject: "orders.7.paid"))
        subscription.close()
        await subscription.withConsumerSpans(tracer: tracer) { envelope, span in
            #expect(envelope == record.published.first)
            #expect(span.isRecording)
        }
        let spans = tracer.base.popFinishedSpans()
        let (publish, process) = (try #require(spans.first), try #require(spans.last))
        #expect(process.operationName == "process orders.*.paid")
        #expect(process.kind == .consumer)
        #expect(process.traceID == publish.traceID)
        #expect(process.parentSpanID == publish.spanID)
        #expect(process.links.map(\.context.inMemorySpanContext?.spanID) == [publish.spanID])
        #expect(text("messaging.operation.type", of: process) == "process")
        #expect(text("messaging.destination.name", of: process) == "orders.7.paid")
        #expect(text("messaging.destination.template", of: process) == "orders.*.paid")
    }

    @Test func `a pattern that holds an id need not name the spans`() async throws {
        let (bus, _) = traced()
        let subscription = try await bus.subscribe(to: "graph.run.r7.>")
        try await bus.publish(Envelope(subject: "graph.run.r7.start"))
        subscription.close()
        await subscription.withConsumerSpans(of: "graph.run.*.>", tracer: tracer) { _, _ in }
        let process = try #require(tracer.base.popFinishedSpans().last)
        #expect(process.operationName == "process graph.run.*.>")
        #expect(text("messaging.destination.template", of: process) == "graph.run.*.>")
    }

    @Test("the parent can be chosen; the publisher is always linked", arguments: ConsumerSpanParent.allCases)
    func parent(_ parent: ConsumerSpanParent) async throws {
        let (bus, record) = traced()
        try await bus.publish(Envelope(subject: "a"))
        let envelope = try #require(record.published.first)
        await tracer.withSpan("task") { _ in
            await envelope.withConsumerSpan(parent: parent, tracer: tracer) { _ in }
        }
        let spans = tracer.base.popFinishedSpans()
        try #require(spans.count == 3)
        let (publish, process, task) = (spans[0], spans[1], spans[2])
        #expect(process.parentSpanID == (parent == .publisher ? publish : task).spanID)
        let links = process.links.map(\.context.inMemorySpanContext?.spanID)
        #expect(links == (parent == .publisher ? [publish.spanID, task.spanID] : [publish.spanID]))
    }

    @Test func `without a publisher's context a new trace begins, and what is thrown is recorded`() async throws {
        await #expect(throws: Fault.self) {
            try await Envelope(subject: "a").withConsumerSpan(tracer: tracer) { _ in throw Fault() }
        }
        let span = try #require(tracer.base.popFinishedSpans().first)
        #expect(span.operationName == "process")
        #expect(span.parentSpanID == nil)
        #expect(span.links.isEmpty)
        #expect(text("error.type", of: span)?.hasSuffix("Fault") == true)
        #expect(span.errors.count == 1)
    }

    @Test func `the context crosses from one process to another`() async throws {
        let address = "ipc:///tmp/event-\(Envelope(subject: "test").id)"
        let publisher = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: []))
        let subscriber = try ZMQBus(configuration: ZMQBusConfiguration(publish: [], subscribe: [.connect(address)]))
        let subscription = try await subscriber.subscribe(to: "a")
        var context = ServiceContext.topLevel
        context.baggage = "tenant=acme"
        let traced = TracedBus(publisher, tracer: tracer)
        let link = try #require(traced.link)
        #expect(try await link.waitForSubscribers(of: "a", atLeast: 1, timeout: .seconds(20)))
        #expect(try await link.waitForSubscribers(of: "a", atLeast: 2, timeout: .zero) == false)
        try await ServiceContext.withValue(context) { try await traced.publish(Envelope(subject: "a")) }
        let envelope = try #require(await subscription.next(within: .seconds(20)))
        await envelope.withConsumerSpan(of: subscription.pattern, tracer: tracer) { _ in
            #expect(ServiceContext.current?.baggage == "tenant=acme")
        }
        let spans = tracer.base.popFinishedSpans()
        #expect(spans.last?.parentSpanID == spans.first?.spanID)
        await subscriber.close()
        await publisher.close()
    }

    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func `a traced bus keeps`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let linked = StubLinkedBus(observer: observer)
            let bus = TracedBus(linked, tracer: W3CTracer())
            return BusFixture(publisher: bus, subscriber: bus, wrapping: linked)
        }
    }
}
