import CoreMetrics
import EventCore

/// The meters of all links, one for each, so that several buses over one link count it once.
///
/// The metrics are made with the first link: a bus within one process has none of them.
final class LinkMeters: Sendable {
    private struct Entry {
        weak var link: (any BusLink & AnyObject)?
        let meter: LinkMeter
    }

    private struct State {
        var metrics: LinkMetrics?
        var entries: [ObjectIdentifier: Entry] = [:]
    }

    private let state = Lock(State())
    private let prefix: String
    private let factory: any MetricsFactory

    init(prefix: String, factory: any MetricsFactory) {
        (self.prefix, self.factory) = (prefix, factory)
    }

    /// The meter of a link, which stays the same while the link exists; a link that is a value gets a new one.
    subscript(link: any BusLink) -> LinkMeter {
        state.withLock { state in
            let metrics = state.metrics ?? LinkMetrics(prefix: prefix, factory: factory)
            state.metrics = metrics
            guard let link = link as? any BusLink & AnyObject else { return LinkMeter(metrics) }
            // The address of a link that is gone may be that of another one now.
            state.entries = state.entries.filter { $0.value.link != nil }
            if let entry = state.entries[ObjectIdentifier(link)] { return entry.meter }
            let meter = LinkMeter(metrics)
            state.entries[ObjectIdentifier(link)] = Entry(link: link, meter: meter)
            return meter
        }
    }
}
