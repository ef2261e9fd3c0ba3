extension Envelope {
    /// What most envelopes have nothing of, apart from their other parts: the trace that one belongs to, the bus that it
    /// came from, and headers beside others that Swift calls by the same name.
    ///
    /// One that came off a wire has at least the latter; a transport makes it once for all that come from the same bus.
    package indirect enum Context: Sendable {
        case none
        case some(traceID: String?, spanID: String?, origin: String?, otherHeaders: [ByteText: String])

        package init(traceID: String?, spanID: String?, origin: String?, otherHeaders: [ByteText: String] = [:]) {
            if traceID == nil && spanID == nil && origin == nil && otherHeaders.isEmpty {
                self = .none
            } else {
                self = .some(traceID: traceID, spanID: spanID, origin: origin, otherHeaders: otherHeaders)
            }
        }

        package var traceID: String? {
            if case .some(let traceID, _, _, _) = self { traceID } else { nil }
        }

        package var spanID: String? {
            if case .some(_, let spanID, _, _) = self { spanID } else { nil }
        }

        package var origin: String? {
            get { if case .some(_, _, let origin, _) = self { origin } else { nil } }
            set { self = Context(traceID: traceID, spanID: spanID, origin: newValue, otherHeaders: otherHeaders) }
        }

        /// What ``Envelope/headers`` has no room for.
        var otherHeaders: [ByteText: String] {
            get { if case .some(_, _, _, let others) = self { others } else { [:] } }
            set { self = Context(traceID: traceID, spanID: spanID, origin: origin, otherHeaders: newValue) }
        }

        var hasOtherHeaders: Bool {
            if case .some(_, _, _, let others) = self { !others.isEmpty } else { false }
        }

        /// Whether both ids of the trace are set.
        var hasWholeTrace: Bool {
            if case .some(_?, _?, _, _) = self { true } else { false }
        }
    }
}

extension Envelope.Context {
    /// Whether both belong to the same span; where an envelope came from does not tell it from others.
    package func isSameTrace(as other: Self) -> Bool {
        traceID.hasSameBytes(as: other.traceID) && spanID.hasSameBytes(as: other.spanID)
    }
}
