import EventCore
import Tracing

/// What an instrument writes of a context, and how an envelope carries it.
struct ContextFields {
    private var fields: [String: String] = [:]

    /// What an instrument writes of a context.
    init(of context: ServiceContext, by instrument: any Instrument) {
        instrument.inject(context, into: &fields, using: Accessor())
    }

    /// What an envelope carries: its trace ids and its headers.
    ///
    /// Its `traceparent` header counts as long as it speaks of the same span.
    init(of envelope: Envelope) {
        fields = envelope.headers
        guard let own = TraceParent(of: envelope), own != fields[TraceParent.fieldName].flatMap(TraceParent.init)
        else { return }
        fields[TraceParent.fieldName] = own.field
    }

    /// The context, as an instrument reads it.
    func context(by instrument: any Instrument) -> ServiceContext {
        var context = ServiceContext.topLevel
        instrument.extract(fields, into: &context, using: Accessor())
        return context
    }

    /// Puts the ids of `traceparent` where they belong, and the other fields into the headers.
    func write(to envelope: inout Envelope) {
        for (name, value) in fields {
            guard name.lowercased() == TraceParent.fieldName, let trace = TraceParent(value) else {
                envelope.headers[name] = value
                continue
            }
            (envelope.traceID, envelope.spanID) = (trace.traceID, trace.spanID)
            envelope.headers[TraceParent.fieldName] = value == trace.field ? nil : value
        }
    }

    /// Whether an envelope carries no context but that of the task it was made in, whose fields are `surrounding`.
    func mayReplaceContext(of envelope: Envelope, madeIn surrounding: ContextFields) -> Bool {
        if let carried = TraceParent(of: envelope), carried != surrounding.traceParent { return false }
        return fields.keys.allSatisfy { name in
            name.lowercased() == TraceParent.fieldName || envelope.headers[name] == nil
                || envelope.headers[name] == surrounding.fields[name]
        }
    }

    private var traceParent: TraceParent? {
        fields.first { $0.key.lowercased() == TraceParent.fieldName }.flatMap { TraceParent($0.value) }
    }

    private struct Accessor: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
            carrier[key] = value
        }

        func extract(key: String, from carrier: [String: String]) -> String? {
            carrier[key] ?? carrier[key.lowercased()]
        }
    }
}

extension TraceParent {
    fileprivate init?(of envelope: Envelope) {
        guard let traceID = envelope.traceID, let spanID = envelope.spanID else { return nil }
        self.init(traceID: traceID, spanID: spanID)
    }
}
