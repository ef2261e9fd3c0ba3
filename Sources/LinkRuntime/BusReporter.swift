package import EventCore
package import EventTransport
package import Logging
import Synchronization

/// Counts, logs and announces what happens, in one place, so that each is told the same.
///
/// What may happen often is logged at the first, tenth, hundredth time and so on; of what is wrong with an endpoint each
/// reason once, until the endpoint is connected.
package final class BusReporter: Sendable {
    package let counters = Counters()
    package let events = LinkEventHub()
    package let logger: Logger?
    /// What has been logged of each endpoint since it was last connected.
    private let told = Lock<[String: Set<String>]>([:])

    private static let maximumEndpoints = 1024
    private static let maximumReasons = 16

    package init(logger: Logger?) {
        self.logger = logger
    }

    package var statistics: LinkStatistics {
        var statistics = counters.statistics
        statistics.peersByEndpoint = events.peers
        statistics.peers = statistics.peersByEndpoint.values.reduce(0, +)
        return statistics
    }

    package func happened(_ event: LinkEvent) {
        log(event)
        events.send(event)
    }

    private func log(_ event: LinkEvent) {
        switch event {
        case .connected(let endpoint):
            told.withLock { $0[endpoint] = nil }
            logger?.info("connected", metadata: Self.metadata(["endpoint": endpoint]))
        case .disconnected(let endpoint, let reason):
            logger?.warning("disconnected", metadata: Self.metadata(["endpoint": endpoint, "reason": reason]))
        case .refused(let endpoint, let reason): logOnce("no connection", endpoint, reason)
        case .unresolved(let endpoint, let reason): logOnce("host not found", endpoint, reason)
        case .incompatible(let endpoint, let reason): logOnce("incompatible peer", endpoint, reason)
        case .malformed(let endpoint, let reason):
            let times = counters.malformed.add(1, ordering: .relaxed).newValue
            guard times.isPowerOfTen else { break }
            warn("malformed message dropped", times, ["endpoint": endpoint, "reason": reason])
        case .restarted(let endpoint):
            counters.restarts.add(1, ordering: .relaxed)
            logger?.notice("connection begun anew", metadata: Self.metadata(["endpoint": endpoint]))
        case .subscriberJoined(let id): logger?.info("subscriber joined", metadata: Self.metadata(["bus": id]))
        case .subscriberLeft(let id): logger?.info("subscriber left", metadata: Self.metadata(["bus": id]))
        case .queueFull(let endpoint):
            let times = counters.queueFull(at: endpoint)
            if times.isPowerOfTen { warn("send queue full", times, ["endpoint": endpoint]) }
        case .unconfirmed(let pattern, let missing):
            let times = counters.unconfirmed.add(1, ordering: .relaxed).newValue
            guard times.isPowerOfTen else { break }
            let names = missing.joined(separator: ", ")
            warn("subscription not confirmed in time", times, ["pattern": pattern.rawValue, "missing": names])
        case .forbidden(let endpoint, let reason):
            let times = counters.forbidden.add(1, ordering: .relaxed).newValue
            if times.isPowerOfTen { warn("publishing is forbidden", times, ["endpoint": endpoint, "reason": reason]) }
        case .lost: break
        @unknown default: break
        }
    }

    /// Counts what has been lost, or with less than 0 what turned out to be only late.
    package func lost(_ loss: LinkLoss, byPrefix: [String: Int]) {
        let times =
            if let count = loss.count {
                counters.lost(count, from: loss.origin, byPrefix: byPrefix)
            } else {
                counters.lostUnknown()
            }
        if let count = loss.count, count <= 0 { return }
        if times.isPowerOfTen { warn("envelopes lost", times, ["loss": loss.description]) }
        events.send(.lost(loss))
    }

    /// Counts what was received and dropped because predicates and observers are too slow.
    package func overflowed(_ count: Int) {
        let total = counters.overflowed.add(count, ordering: .relaxed).newValue
        guard String(total - count).utf8.count < String(total).utf8.count || total == count else { return }
        logger?.warning("predicates or observers are too slow, envelopes dropped", metadata: ["total": "\(total)"])
    }

    package func failed(_ error: EventError) {
        logger?.error("transport failed", metadata: Self.metadata(["fault": error.description]))
    }

    private func logOnce(_ message: Logger.Message, _ endpoint: String, _ reason: String) {
        let isNew = told.withLock { told in
            guard told[endpoint] != nil || told.count < Self.maximumEndpoints else { return false }
            guard told[endpoint, default: []].count < Self.maximumReasons else { return false }
            return told[endpoint, default: []].insert(reason).inserted
        }
        if isNew { logger?.warning(message, metadata: Self.metadata(["endpoint": endpoint, "reason": reason])) }
    }

    private func warn(_ message: Logger.Message, _ times: Int, _ facts: KeyValuePairs<String, String>) {
        logger?.warning(message, metadata: Self.metadata(facts).merging(["times": "\(times)"]) { $1 })
    }

    /// Facts for the log, of which peers have a say in some and shall not write lines.
    package static func metadata(_ facts: KeyValuePairs<String, String>) -> Logger.Metadata {
        facts.reduce(into: [:]) { metadata, fact in metadata[fact.key] = .string(fact.value.printable) }
    }
}

extension Int {
    fileprivate var isPowerOfTen: Bool {
        var rest = self
        while rest > 1, rest % 10 == 0 { rest /= 10 }
        return rest == 1
    }
}
