import EventMemory
import EventTesting
import EventTransport
import Foundation
import Instrumentation
import ServiceContextModule
import Synchronization
import Testing

@testable import EventCore

@Suite struct EnvelopeTracingTests {
    private let trace = "0af7651916cd43dd8448eb211c80319c"
    private let span = "b7ad6b7169203331"

    init() {
        _ = TraceParentInstrument.bootstrap
    }

    /// Runs `body` in a task that carries a field.
    private func carrying<Result>(
        _ value: String? = nil,
        named name: String = "traceparent",
        _ body: () throws -> Result
    ) rethrows -> Result {
        var context = ServiceContext.topLevel
        context.traceParent = .init(name: name, value: value ?? "00-\(trace)-\(span)-01")
        return try ServiceContext.withValue(context, operation: body)
    }

    @Test func `every initialiser fills the trace ids from the task`() throws {
        let envelopes = try carrying {
            [
                Envelope(subject: "a"), Envelope(subject: "a", rawPayload: Data()),
                try Envelope(subject: "a", payload: 1),
            ]
        }
        for envelope in envelopes {
            #expect(envelope.traceID == trace)
            #expect(envelope.spanID == span)
        }
    }

    @Test func `publishing fills what the initialiser could not`() {
        let envelope = Envelope(subject: "a")
        #expect(envelope.traceID == nil && envelope.spanID == nil)
        let filled = carrying { envelope.filledForPublishing() }
        #expect(filled.traceID == trace)
        #expect(filled.spanID == span)
        #expect(filled.id == envelope.id)
    }

    @Test("a bus fills them in for its publishers, and not for what comes off a wire", arguments: [false, true])
    func buses(_ isObserved: Bool) async throws {
        let bus = MemoryBus(observer: isObserved ? RecordingObserver() : nil)
        let subscription = try await bus.subscribe(to: "a")
        let envelope = Envelope(subject: "a")
        var context = ServiceContext.topLevel
        context.traceParent = .init(value: "00-\(trace)-\(span)-01")
        try await ServiceContext.withValue(context) {
            try await bus.publish(envelope)
            bus.deliver(envelope)
        }
        let published = try #require(await subscription.next(within: .zero))
        #expect(published.traceID == trace && published.spanID == span)
        let delivered = try #require(await subscription.next(within: .zero))
        #expect(delivered.traceID == nil && delivered.spanID == nil)
    }

    @Test func `publishing leaves trace ids that are set`() {
        var envelope = Envelope(subject: "a")
        (envelope.traceID, envelope.spanID) = ("11111111111111111111111111111111", "2222222222222222")
        #expect(carrying { envelope.filledForPublishing() } == envelope)
    }

    @Test func `the span of another trace is not filled in`() {
        var envelope = Envelope(subject: "a")
        envelope.traceID = "11111111111111111111111111111111"
        let filled = carrying { envelope.filledForPublishing() }
        #expect(filled.traceID == "11111111111111111111111111111111")
        #expect(filled.spanID == nil)
    }

    @Test func `the span of the same trace is filled in`() {
        var envelope = Envelope(subject: "a")
        envelope.traceID = trace
        #expect(carrying { envelope.filledForPublishing() }.spanID == span)
    }

    @Test func `another span does not get the task's trace`() {
        var envelope = Envelope(subject: "a")
        envelope.spanID = "2222222222222222"
        let filled = carrying { envelope.filledForPublishing() }
        #expect(filled.spanID != "2222222222222222" || filled.traceID != trace)
    }

    @Test func `an envelope counts as filled only when publishing would leave it as it is`() {
        for (id, time) in [("", Timestamp.unset), ("i", .unset), ("", Timestamp(Date())), ("i", Timestamp(Date()))] {
            for (traceID, spanID) in [(nil, nil), (trace, nil), (nil, span), (trace, span)] as [(String?, String?)] {
                var fields = Envelope.Fields(subject: "a")
                (fields.id, fields.time, fields.traceID, fields.spanID) = (id, time, traceID, spanID)
                let envelope = Envelope(fields)
                #expect(envelope.isFilledForPublishing == (envelope.filledForPublishing() == envelope))
                carrying {
                    #expect(envelope.isFilledForPublishing == (envelope.filledForPublishing() == envelope))
                }
            }
        }
    }

    @Test func `without a context nothing is filled`() {
        let envelope = Envelope(subject: "a").filledForPublishing()
        #expect(envelope.traceID == nil)
        #expect(envelope.spanID == nil)
    }

    @Test(
        "a malformed field is ignored",
        arguments: ["", "00-0af7651916cd43dd8448eb211c80319c", "garbage", "00-x-y-01"]
    )
    func malformed(_ value: String) {
        let envelope = carrying(value) { Envelope(subject: "a").filledForPublishing() }
        #expect(envelope.traceID == nil)
        #expect(envelope.spanID == nil)
    }

    @Test("the name of the field is told apart without case", arguments: ["traceparent", "Traceparent", "TRACEPARENT"])
    func name(_ name: String) {
        #expect(carrying(named: name) { Envelope(subject: "a") }.traceID == trace)
    }

    @Test("another field is no traceparent", arguments: ["traceparent2", "x-trace", "tracestate"])
    func otherName(_ name: String) {
        #expect(carrying(named: name) { Envelope(subject: "a") }.traceID == nil)
    }

    @Test func `a consumer's context is the publisher's`() {
        let published = carrying { Envelope(subject: "a") }
        let context = published.serviceContext
        #expect(context.traceParent?.value == "00-\(trace)-\(span)-01")
        let answer = ServiceContext.withValue(context) { Envelope(subject: "b") }
        #expect(answer.traceID == published.traceID)
        #expect(answer.spanID == published.spanID)
    }

    @Test func `without both ids the context is empty`() {
        var envelope = Envelope(subject: "a")
        #expect(envelope.serviceContext.isEmpty)
        envelope.traceID = trace
        #expect(envelope.serviceContext.isEmpty)
        (envelope.traceID, envelope.spanID) = (nil, span)
        #expect(envelope.serviceContext.isEmpty)
    }

    @Test("what is more than the ids say travels in a header", arguments: ["00", "01", "03"])
    func flags(_ flags: String) {
        let field = "00-\(trace)-\(span)-\(flags)"
        let published = carrying(field) { Envelope(subject: "a") }
        #expect(published.traceID == trace)
        #expect(published.headers == (flags == "01" ? [:] : ["traceparent": field]))
        #expect(published.serviceContext.traceParent?.value == field)
    }

    @Test("another system's field is the context", arguments: ["traceparent", "Traceparent"])
    func foreign(_ name: String) {
        let field = "00-\(trace)-\(span)-00"
        var envelope = Envelope(subject: "a", headers: [name: field])
        #expect(envelope.serviceContext.traceParent?.value == field)
        (envelope.traceID, envelope.spanID) = ("11111111111111111111111111111111", "2222222222222222")
        let own = "00-11111111111111111111111111111111-2222222222222222-01"
        #expect(envelope.serviceContext.traceParent?.value == own, "the ids count when the field is of another span")
    }

    @Test func `publishing in a span leaves another system's trace`() {
        let envelope = Envelope(subject: "a", headers: ["Traceparent": "00-\(trace)-\(span)-00"])
        let other = "00-11111111111111111111111111111111-2222222222222222-01"
        let filled = carrying(other) { envelope.filledForPublishing() }
        #expect(filled.traceID == trace && filled.spanID == span)
        #expect(filled.headers == envelope.headers)
    }

    @Test func `the reply to a request belongs to its trace`() async throws {
        let bus = MemoryBus()
        let requests = try await bus.subscribe(to: "ask")
        let responder = Task { await bus.respond(to: requests) { _ in 1 } }
        let request = carrying("00-\(trace)-\(span)-00") { Envelope(subject: "ask") }
        let reply = try await bus.request(request, within: .seconds(20))
        #expect(reply.traceID == trace && reply.spanID == span)
        #expect(reply.headers["traceparent"] == "00-\(trace)-\(span)-00")
        responder.cancel()
        await responder.value
    }

    @Test func `a responder asks a bus that traces for its instrument at each request`() async throws {
        let bus = LateTracingBus()
        let requests = try await bus.subscribe(to: "ask")
        let responder = Task {
            await bus.respond(to: requests) { _ in ServiceContext.current?.traceParent?.value ?? "none" }
        }
        let request = carrying { Envelope(subject: "ask") }
        #expect(try await bus.request(request, within: .seconds(20)).decode(String.self) == "none")
        bus.isTracing.store(true, ordering: .relaxed)
        let reply = try await bus.request(request, within: .seconds(20)).decode(String.self)
        #expect(reply == "00-\(trace)-\(span)-01")
        responder.cancel()
        await responder.value
    }
}

/// A bus whose instrument is there later than the bus.
private final class LateTracingBus: InstrumentedBus {
    let isTracing = Atomic<Bool>(false)
    private let base = MemoryBus()

    var instrument: any Instrument {
        isTracing.load(ordering: .relaxed) ? TraceParentInstrument() : NoOpInstrument()
    }

    func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }

    func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }

    func close() async { await base.close() }
}
