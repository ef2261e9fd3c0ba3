extension Envelope {
    /// What most envelopes have nothing of, apart from their other parts: the trace that one belongs to, and the bus that
    /// it came from.
    ///
    /// One that came off a wire has at least the latter; a transport makes it once for all that come from the same bus.
    package indirect enum Context: Sendable {
        case none
        case some(traceID: String?, spanID: String?, origin: String?)

        package init(traceID: String?, spanID: String?, origin: String?) {
            if traceID == nil && spanID == nil && origin == nil {
                self = .none
            } else {
                self = .some(traceID: traceID, spanID: spanID, origin: origin)
            }
        }

        package var traceID: String? {
            if case .some(let traceID, _, _) = self { traceID } else { nil }
        }

        package var spanID: String? {
            if case .some(_, let spanID, _) = self { spanID } else { nil }
        }

        package var origin: String? {
            get { if case .some(_, _, let origin) = self { origin } else { nil } }
            set { self = Context(traceID: traceID, spanID: spanID, origin: newValue) }
        }

        /// Whether both ids of the trace are set.
        var hasWholeTrace: Bool {
            if case .some(_?, _?, _) = self { true } else { false }
        }
    }
}

extension Envelope.Context: Hashable {
    /// Where an envelope came from does not tell it from others.
    package static func == (one: Self, other: Self) -> Bool {
        one.traceID == other.traceID && one.spanID == other.spanID
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(traceID)
        hasher.combine(spanID)
    }
}
