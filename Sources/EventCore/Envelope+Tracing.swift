import Instrumentation
public import ServiceContextModule

extension Envelope {
    /// The publisher's tracing context, so that a consumer's span becomes a child of the publisher's.
    ///
    /// ```swift
    /// try await withSpan("handle", context: envelope.serviceContext) { span in … }
    /// ```
    ///
    /// It is made by the instrument that the process has bootstrapped, from ``traceID`` and ``spanID``; empty when
    /// either is missing.
    public var serviceContext: ServiceContext {
        var context = ServiceContext.topLevel
        if let traceID, let spanID {
            let fields = [TraceParent.fieldName: TraceParent(traceID: traceID, spanID: spanID).field]
            InstrumentationSystem.instrument.extract(fields, into: &context, using: TraceParent.Fields())
        }
        return context
    }
}
