package import InMemoryTracing
import Synchronization
package import Tracing

/// An in-memory tracer that speaks W3C Trace Context and Baggage, as the ones in use do.
package struct W3CTracer: Tracer {
    package let base: InMemoryTracer
    /// The flags of `traceparent`.
    package var flags = "01"

    private static let last = Atomic<Int>(0)

    package init() {
        base = InMemoryTracer(
            idGenerator: .init(nextTraceID: { Self.makeID(32) }, nextSpanID: { Self.makeID(16) })
        )
    }

    private static func makeID(_ width: Int) -> String {
        let digits = String(last.add(1, ordering: .relaxed).newValue, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String,
        context: @autoclosure () -> ServiceContext,
        ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant,
        function: String,
        file fileID: String,
        line: UInt
    ) -> InMemorySpan {
        base.startSpan(
            operationName,
            context: context(),
            ofKind: kind,
            at: instant(),
            function: function,
            file: fileID,
            line: line
        )
    }

    package func forceFlush() { base.forceFlush() }

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        if let span = context.inMemorySpanContext {
            injector.inject("00-\(span.traceID)-\(span.spanID)-\(flags)", forKey: "traceparent", into: &carrier)
        }
        if let baggage = context.baggage { injector.inject(baggage, forKey: "baggage", into: &carrier) }
    }

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        if let parts = extractor.extract(key: "traceparent", from: carrier)?.split(separator: "-"), parts.count == 4 {
            context.inMemorySpanContext = InMemorySpanContext(
                traceID: String(parts[1]),
                spanID: String(parts[2]),
                parentSpanID: nil
            )
            context.flags = String(parts[3])
        }
        context.baggage = extractor.extract(key: "baggage", from: carrier)
    }
}

private enum BaggageKey: ServiceContextKey { typealias Value = String }
private enum FlagsKey: ServiceContextKey { typealias Value = String }

extension ServiceContext {
    /// The field `baggage`.
    package var baggage: String? {
        get { self[BaggageKey.self] }
        set { self[BaggageKey.self] = newValue }
    }

    /// The flags of the `traceparent` that was extracted.
    package var flags: String? {
        get { self[FlagsKey.self] }
        set { self[FlagsKey.self] = newValue }
    }
}
