public import EventCore
public import Tracing

/// A bus that opens a span for every publish and sends the span's context along.
///
/// ```swift
/// let bus = TracedBus(MemoryBus())
/// ```
///
/// The spans follow OpenTelemetry's semantic conventions for messaging: kind `producer`, named `publish`, or
/// `publish <template>` where the bus is told a template, with the attributes of ``MessagingAttribute``.
///
/// The context reaches the consumer through every transport: the ids of `traceparent` in `Envelope.traceID` and `spanID`,
/// and whatever else the process's instrument writes (`tracestate`, `baggage`, the fields of other formats, and
/// `traceparent` itself when its flags say more than that the trace is sampled) in headers of the same names. So baggage
/// leaves the process with the envelope; subscribers, other hosts among them, can read it. An envelope that carries the
/// context of somebody else already, such as one that is passed on, keeps it, and the span links to it.
///
/// Consumers continue with `Envelope.withConsumerSpan` or `Subscription.withConsumerSpans`.
public struct TracedBus: Bus, InstrumentedBus {
    /// The bus that does the work.
    public let base: any Bus
    private let tracer: (any Tracer)?
    private let template: (@Sendable (Subject) -> String?)?

    /// Wraps a bus.
    ///
    /// - Parameters:
    ///   - base: The bus that does the work.
    ///   - tracer: Makes the spans; `nil` means the one of the task or the one that the process has bootstrapped.
    ///   - template: What stands for a subject in names of spans, with few different values: `graph.run.*.start` for
    ///     `graph.run.r1.start`. Without one the names do not say where to.
    public init(
        _ base: any Bus,
        tracer: (any Tracer)? = nil,
        template: (@Sendable (Subject) -> String?)? = nil
    ) {
        self.base = base
        self.tracer = tracer
        self.template = template
    }

    /// Publishes on ``base`` within a span.
    ///
    /// - Parameter envelope: The envelope; its trace ids, and headers for the rest of the context, are filled.
    /// - Throws: What ``base`` throws, which the span records.
    /// - Complexity: As ``base`` while the process has bootstrapped no instrument.
    public func publish(_ envelope: Envelope) async throws {
        guard !(instrument is NoOpInstrument) else { return try await base.publish(envelope) }
        let tracer: any Tracer = tracer ?? InstrumentationSystem.tracer
        try await publish(envelope, by: tracer, instrument)
    }

    private func publish(_ envelope: Envelope, by tracer: some Tracer, _ instrument: any Instrument) async throws {
        let template = template?(envelope.subject)
        let surrounding = ContextFields(of: ServiceContext.current ?? .topLevel, by: instrument)
        try await tracer.withSpan(spanName("publish", template), ofKind: .producer) { span in
            var envelope = envelope
            let own = ContextFields(of: span.context, by: instrument)
            if own.mayReplaceContext(of: envelope, madeIn: surrounding) {
                own.write(to: &envelope)
            } else {
                span.addLink(SpanLink(context: ContextFields(of: envelope).context(by: instrument), attributes: [:]))
            }
            envelope.fill()
            span.describe(.publish, of: envelope, template: template)
            do {
                try await base.publish(envelope)
            } catch {
                span.recordType(of: error)
                throw error
            }
        }
    }

    /// Subscribes on ``base``.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: What ``base`` throws.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }

    /// What reads and writes the context of envelopes.
    package var instrument: any Instrument { tracer ?? InstrumentationSystem.instrument }

    /// The link of ``base``.
    public var link: (any BusLink)? { base.link }

    /// Closes ``base``.
    public func close() async {
        await base.close()
    }
}
