import EventCore
import EventMemory
import EventTracing
import InMemoryTracing
import Testing
import Tracing
import TracingSupport

extension FieldCase {
    /// Traces through the bus.
    static let traces = replies + sampling

    // MARK: Replies

    private static let replies = [
        FieldCase("a request, the work on it and the reply are one trace") {
            let tracer = W3CTracer()
            try await withTracer(tracer) {
                try await Conversation(on: MemoryBus(), by: tracer, opensSpan: false).expectOneTrace()
            }
        },
        FieldCase("a request, the work on it and the reply are one trace when the handler opens a span") {
            let tracer = W3CTracer()
            try await withTracer(tracer) {
                try await Conversation(on: MemoryBus(), by: tracer, opensSpan: true).expectOneTrace()
            }
        },
        FieldCase("a request, the work on it and the reply are one trace on a traced bus") {
            let tracer = W3CTracer()
            let bus = TracedBus(MemoryBus(), tracer: tracer)
            try await Conversation(on: bus, by: tracer, opensSpan: false).expectOneTrace()
            let spans = tracer.base.popFinishedSpans()
            #expect(spans.count == 3, "asking, and a publish of each")
            #expect(Set(spans.map(\.traceID)).count == 1)
        },
        FieldCase("a request, the work on it and the reply are one trace on a traced bus when the handler opens a span")
        {
            let tracer = W3CTracer()
            let bus = TracedBus(MemoryBus(), tracer: tracer)
            try await Conversation(on: bus, by: tracer, opensSpan: true).expectOneTrace()
            let spans = tracer.base.popFinishedSpans()
            #expect(spans.count == 4)
            #expect(Set(spans.map(\.traceID)).count == 1)
        },
        FieldCase("a responder that traces nothing answers within the trace of the request, sampled or not") {
            let bus = MemoryBus()
            for flags in ["00", "01"] {
                var request = Envelope(subject: "prices.get", headers: ["TraceState": "vendor=1"])
                request.headers["traceparent"] = "00-\(trace)-\(span)-\(flags)"
                let requests = try await bus.subscribe(to: "prices.get")
                let responder = Task { await bus.respond(to: requests) { _ in 1 } }
                let reply = try await bus.request(request, within: .seconds(20))
                #expect(reply.traceID == trace && reply.spanID == span)
                #expect(reply.headers["traceparent"] == (flags == "00" ? "00-\(trace)-\(span)-00" : nil))
                #expect(reply.headers["tracestate"] == "vendor=1")
                responder.cancel()
                await responder.value
            }
        },
        FieldCase("a request without a trace leaves the responder its own") {
            let tracer = W3CTracer()
            let bus = MemoryBus()
            try await withTracer(tracer) {
                let requests = try await bus.subscribe(to: "prices.get")
                let responder = Task {
                    await tracer.withSpan("serve") { span in
                        await bus.respond(to: requests) { _ in ServiceContext.current?.inMemorySpanContext?.spanID }
                        return span.context.inMemorySpanContext?.spanID
                    }
                }
                let reply = try await bus.request(Envelope(subject: "prices.get"), within: .seconds(20))
                responder.cancel()
                #expect(try await reply.decode(String.self) == responder.value)
            }
        },
    ]

    /// Somebody asks within a span, and somebody else answers.
    private struct Conversation {
        let bus: any Bus
        let tracer: W3CTracer
        let opensSpan: Bool

        init(on bus: any Bus, by tracer: W3CTracer, opensSpan: Bool) {
            (self.bus, self.tracer, self.opensSpan) = (bus, tracer, opensSpan)
        }

        func expectOneTrace() async throws {
            let requests = try await bus.subscribe(to: "prices.get")
            let all = try await bus.subscribe(to: ">")
            let work = Lock<String?>(nil)
            let responder = Task { [self] in
                await bus.respond(to: requests) { request in
                    try await handle(request) { context in
                        work.withLock { $0 = context?.inMemorySpanContext?.traceID }
                        return 1
                    }
                }
            }
            let asked = try await tracer.withSpan("ask") { span in
                let answer = try await bus.request(0, to: "prices.get", as: Int.self, within: .seconds(20))
                #expect(answer == 1)
                return span.context.inMemorySpanContext?.traceID
            }
            let request = try #require(await all.next(within: .seconds(20)))
            let reply = try #require(await all.next(within: .seconds(20)))
            #expect(reply.headers[Envelope.HeaderKey.requestID] == request.id)
            #expect(asked != nil)
            #expect(request.traceID == asked)
            #expect(work.withLock { $0 } == asked)
            #expect(reply.traceID == asked)
            responder.cancel()
            await responder.value
            await bus.close()
        }

        private func handle(
            _ request: Envelope,
            _ body: @Sendable (ServiceContext?) async throws -> Int
        ) async throws -> Int {
            guard opensSpan else { return try await body(ServiceContext.current) }
            return try await request.withConsumerSpan(tracer: tracer) { span in try await body(span.context) }
        }
    }

    // MARK: Sampling, and fields of other systems

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    /// The context in which each documented way continues an envelope's trace.
    private static func continuations(of envelope: Envelope) async throws -> [(way: String, context: ServiceContext?)] {
        let tracer = W3CTracer()
        return try await withTracer(tracer) {
            var found: [(String, ServiceContext?)] = [("serviceContext", envelope.serviceContext)]
            await envelope.withConsumerSpan { _ in found.append(("withConsumerSpan", .current)) }
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: ">")
            bus.deliver(envelope)
            subscription.close()
            await subscription.withConsumerSpans { _, _ in found.append(("withConsumerSpans", .current)) }

            let requests = try await bus.subscribe(to: "ask")
            let heard = Lock<ServiceContext?>(nil)
            let responder = Task {
                await bus.respond(to: requests) { _ in
                    heard.withLock { $0 = .current }
                    return 1
                }
            }
            var request = envelope
            request.subject = "ask"
            _ = try await bus.request(request, within: .seconds(20))
            found.append(("respond", heard.withLock { $0 }))
            responder.cancel()
            await responder.value
            return found
        }
    }

    private static let sampling = [
        FieldCase("a trace that is not sampled comes out as one, whichever way it is continued") {
            var envelope = Envelope(subject: "a")
            (envelope.traceID, envelope.spanID) = (trace, span)
            for (header, flags) in [(nil, "01"), ("00", "00"), ("01", "01"), ("03", "03")] {
                envelope.headers["traceparent"] = header.map { "00-\(trace)-\(span)-\($0)" }
                for (way, context) in try await continuations(of: envelope) {
                    #expect(context?.inMemorySpanContext?.traceID == trace, "\(way)")
                    #expect(context?.flags == flags, "\(way)")
                }
            }
        },
        FieldCase("a trace that is not sampled came out as one when its envelope spoke of a span of its own") {
            var envelope = Envelope(subject: "a", headers: ["traceparent": "00-\(trace)-\(span)-00"])
            (envelope.traceID, envelope.spanID) = (trace, String(span.reversed()))
            for (way, context) in try await continuations(of: envelope) { #expect(context?.flags == "00", "\(way)") }
        },
        FieldCase("a bus that is not traced says of its publisher's trace whether it is sampled") {
            var tracer = W3CTracer()
            tracer.flags = "00"
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: ">")
            try await withTracer(tracer) {
                try await tracer.withSpan("work") { _ in try await bus.publish(1, to: "a") }
            }
            let envelope = try #require(await subscription.next(within: .seconds(20)))
            for (way, context) in try await continuations(of: envelope) {
                #expect(context?.inMemorySpanContext?.traceID == envelope.traceID, "\(way)")
                #expect(context?.flags == "00", "\(way)")
            }
        },
        FieldCase("the field is read where another system has put it") {
            for name in ["traceparent", "Traceparent", "TRACEPARENT"] {
                let envelope = Envelope(subject: "a", headers: [name: "00-\(trace)-\(span)-00", "baggage": "k=v"])
                for (way, context) in try await continuations(of: envelope) {
                    #expect(context?.inMemorySpanContext?.traceID == trace, "\(way)")
                    #expect(context?.flags == "00", "\(way)")
                    #expect(context?.baggage == "k=v", "\(way)")
                }
            }
        },
        FieldCase("an envelope with another system's field keeps it when it is published in a span") {
            let tracer = W3CTracer()
            for bus in [MemoryBus(), TracedBus(MemoryBus(), tracer: tracer)] as [any Bus] {
                let subscription = try await bus.subscribe(to: ">")
                let envelope = Envelope(subject: "a", headers: ["Traceparent": "00-\(trace)-\(span)-00"])
                try await withTracer(tracer) {
                    try await tracer.withSpan("work") { _ in try await bus.publish(envelope) }
                }
                let received = try #require(await subscription.next(within: .seconds(20)))
                #expect(received.traceID == trace && received.spanID == span)
                #expect(received.headers["Traceparent"] == envelope.headers["Traceparent"])
            }
        },
    ]
}
