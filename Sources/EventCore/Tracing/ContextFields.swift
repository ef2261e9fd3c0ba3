package import Instrumentation
import ServiceContextModule

/// What an instrument writes of a context, and how an envelope carries it.
package struct ContextFields {
    private var fields: [String: String] = [:]

    /// What an instrument writes of a context.
    package init(of context: ServiceContext, by instrument: any Instrument) {
        instrument.inject(context, into: &fields, using: TraceParent.Fields())
    }

    /// What an envelope carries: its trace ids and its headers.
    ///
    /// Its `traceparent` header, in any case, counts as long as it speaks of the same trace, or there are no ids.
    package init(of envelope: Envelope) {
        fields = envelope.headers
        guard let trace = TraceParent(of: envelope) else { return }
        for name in fields.keys where name.isSameFieldName(as: TraceParent.fieldName) { fields[name] = nil }
        fields[TraceParent.fieldName] = trace.field
    }

    /// The context, as an instrument reads it.
    package func context(by instrument: any Instrument) -> ServiceContext {
        var context = ServiceContext.topLevel
        extract(into: &context, by: instrument)
        return context
    }

    /// Adds to a context what an instrument reads.
    package func extract(into context: inout ServiceContext, by instrument: any Instrument) {
        instrument.extract(fields, into: &context, using: TraceParent.Fields())
    }

    /// Puts the ids of `traceparent` where they belong, and the other fields into the headers.
    package func write(to envelope: inout Envelope) {
        for (name, value) in fields {
            guard name.isSameFieldName(as: TraceParent.fieldName), let trace = TraceParent(value) else {
                envelope.headers[name] = value
                continue
            }
            envelope.setTrace(trace)
        }
    }

    /// Whether an envelope carries no context but that of the task it was made in, whose fields are `surrounding`.
    package func mayReplaceContext(of envelope: Envelope, madeIn surrounding: ContextFields) -> Bool {
        if let carried = TraceParent(of: envelope), !carried.isSameSpan(as: surrounding.traceParent) { return false }
        return fields.keys.allSatisfy { name in
            name.isSameFieldName(as: TraceParent.fieldName) || envelope.headers[name] == nil
                || envelope.headers[name] == surrounding.fields[name]
        }
    }

    private var traceParent: TraceParent? { TraceParent(in: fields) }
}

extension TraceParent {
    /// The span that an envelope says it comes from, in its ids or in the header where another system has put it.
    package init?(of envelope: Envelope) {
        let field = TraceParent(in: envelope.headers)
        switch (envelope.traceID, envelope.spanID) {
        case (let traceID?, let spanID?):
            // Whether a trace is sampled holds for each of its spans.
            let flags = field?.traceID == traceID ? field?.flags : nil
            self.init(traceID: traceID, spanID: spanID, flags: flags ?? TraceParent.sampledAlone)
        case (nil, nil):
            guard let field else { return nil }
            self = field
        default: return nil
        }
    }
}

extension Envelope {
    /// Makes it come from a span; the header is for what the ids do not say.
    mutating func setTrace(_ trace: TraceParent) {
        (traceID, spanID) = (trace.traceID, trace.spanID)
        headers[TraceParent.fieldName] = trace.isSampledAlone ? nil : trace.field
    }
}
