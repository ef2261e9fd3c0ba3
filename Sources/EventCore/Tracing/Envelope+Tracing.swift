import Instrumentation
public import ServiceContextModule

extension Envelope {
    /// The publisher's tracing context, so that a consumer's span becomes a child of the publisher's.
    ///
    /// ```swift
    /// try await withSpan("handle", context: envelope.serviceContext) { span in … }
    /// ```
    ///
    /// It is made by the instrument that the process has bootstrapped, from ``traceID`` and ``spanID``, or where they are
    /// not set from the header `traceparent` in which another system has put them, and from the other headers that the
    /// instrument knows, such as `tracestate` and `baggage`. A trace that the publisher did not sample comes out as one. It
    /// is empty when the envelope carries none.
    public var serviceContext: ServiceContext {
        let instrument = InstrumentationSystem.instrument
        return instrument is NoOpInstrument ? .topLevel : ContextFields(of: self).context(by: instrument)
    }
}
