import EventCore
import Logging
import Synchronization

/// Counts, logs and announces what happens, in one place, so that each is told the same.
///
/// What may happen often is logged at the first, tenth, hundredth time and so on.
final class BusReporter: Sendable {
    let counters = Counters()
    let events = LinkEventHub()
    private let logger: Logger?

    init(logger: Logger?) {
        self.logger = logger
    }

    func happened(_ event: LinkEvent) {
        switch event {
        case .connected(let endpoint): logger?.info("connected", metadata: ["endpoint": "\(endpoint)"])
        case .disconnected(let endpoint, let reason):
            logger?.warning("disconnected", metadata: ["endpoint": "\(endpoint)", "reason": "\(reason)"])
        case .refused(let endpoint, let reason), .unresolved(let endpoint, let reason),
            .incompatible(let endpoint, let reason), .malformed(let endpoint, let reason):
            logger?.warning("refused", metadata: ["endpoint": "\(endpoint)", "reason": "\(reason)"])
        case .restarted(let endpoint):
            counters.restarts.add(1, ordering: .relaxed)
            logger?.notice("connection begun anew", metadata: ["endpoint": "\(endpoint)"])
        case .subscriberJoined(let id): logger?.info("subscriber joined", metadata: ["bus": "\(id)"])
        case .subscriberLeft(let id): logger?.info("subscriber left", metadata: ["bus": "\(id)"])
        case .lost(let loss):
            let times = counters.lost(loss.count ?? 0, from: loss.origin)
            guard times.isPowerOfTen else { break }
            logger?.warning("envelopes lost", metadata: ["times": "\(times)", "loss": "\(loss)"])
        case .queueFull:
            let times = counters.dropEpisodes.add(1, ordering: .relaxed).newValue
            if times.isPowerOfTen { logger?.warning("send queue full", metadata: ["times": "\(times)"]) }
        case .unconfirmed: break
        @unknown default: break
        }
        events.send(event)
    }

    func malformed(_ error: EventError) {
        let times = counters.malformed.add(1, ordering: .relaxed).newValue
        guard times.isPowerOfTen else { return }
        logger?.warning("malformed message dropped", metadata: ["times": "\(times)", "fault": "\(error)"])
    }

    func unconfirmed(publishers: Int) {
        let times = counters.unconfirmed.add(1, ordering: .relaxed).newValue
        guard times.isPowerOfTen else { return }
        logger?.warning(
            "subscription not confirmed in time",
            metadata: ["times": "\(times)", "publishers": "\(publishers)"]
        )
    }

    func failed(_ error: EventError) {
        logger?.error("transport failed", metadata: ["fault": "\(error)"])
    }
}

extension Int {
    fileprivate var isPowerOfTen: Bool {
        var rest = self
        while rest > 1, rest % 10 == 0 { rest /= 10 }
        return rest == 1
    }
}
