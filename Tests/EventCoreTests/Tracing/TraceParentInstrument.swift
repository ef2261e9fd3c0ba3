import Instrumentation
import ServiceContextModule

/// Carries a field of the task's context as it stands, and reads `traceparent` back into it.
struct TraceParentInstrument: Instrument {
    /// Makes this the instrument of the process, which may happen once.
    static let bootstrap: Void = InstrumentationSystem.bootstrap(TraceParentInstrument())

    /// A field as it is written: `traceparent` and its value.
    struct Field: Equatable {
        var name = "traceparent"
        var value: String
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let field = context.traceParent else { return }
        injector.inject("vendor=1", forKey: "tracestate", into: &carrier)
        injector.inject(field.value, forKey: field.name, into: &carrier)
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let value = extractor.extract(key: "traceparent", from: carrier) else { return }
        context.traceParent = Field(value: value)
    }
}

private enum TraceParentKey: ServiceContextKey {
    typealias Value = TraceParentInstrument.Field
}

extension ServiceContext {
    /// What ``TraceParentInstrument`` carries.
    var traceParent: TraceParentInstrument.Field? {
        get { self[TraceParentKey.self] }
        set { self[TraceParentKey.self] = newValue }
    }
}
