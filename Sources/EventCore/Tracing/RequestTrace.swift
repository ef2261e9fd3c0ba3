package import Instrumentation
import ServiceContextModule

/// A bus that traces with an instrument of its own.
package protocol InstrumentedBus: Bus {
    /// What reads and writes the context of its envelopes.
    var instrument: any Instrument { get }
}

/// The trace of a request, to which the work on it and the reply belong.
struct RequestTrace {
    private let request: Envelope
    private let instrument: any Instrument

    init(of request: Envelope, by instrument: any Instrument) {
        (self.request, self.instrument) = (request, instrument)
    }

    /// Runs `work` as what the request has caused; a request without a trace leaves the task's own.
    func run(_ work: () async -> Void) async {
        guard type(of: instrument) != NoOpInstrument.self else { return await work() }
        var context = ServiceContext.current ?? .topLevel
        ContextFields(of: request).extract(into: &context, by: instrument)
        if context.isEmpty { return await work() }
        await ServiceContext.withValue(context) { await work() }
    }

    /// Passes on to the reply what no instrument has put there.
    func pass(to reply: inout Envelope) {
        guard let trace = TraceParent(of: request) else { return }
        if reply.traceID == nil { reply.setTrace(trace) }
        guard reply.traceID == trace.traceID, reply.headers.field(named: "tracestate") == nil,
            let state = request.headers.field(named: "tracestate")
        else { return }
        reply.headers["tracestate"] = state
    }
}
