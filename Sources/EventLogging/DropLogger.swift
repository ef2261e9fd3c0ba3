public import EventCore
public import Logging
import Synchronization

/// Logs which subscriptions lose envelopes, without flooding the log.
///
/// ```swift
/// let bus = MemoryBus(observer: DropLogger(logger: logger))
/// ```
///
/// The first envelope that a subscription loses is logged at `warning` and begins an episode. While it goes on, what
/// more is lost is counted, and reported at most once in each ``interval``; the episode ends when nothing has been lost
/// for that long, which is logged at `notice` with the count. There is no timer: both happen at the first callback after
/// they are due, or in ``summarize()``, which is for the end of a program.
///
/// A line has the id and the pattern of the subscription, and its name where its options give it one. At most
/// ``maximumSubscriptions`` episodes are kept at a time; beyond them, subscriptions share one. While nobody loses anything a
/// callback about an envelope costs one load.
public final class DropLogger: Observer {
    /// How long the time between two reports on one subscription is at least, and how long nothing must be lost for an
    /// episode to be over.
    public let interval: Duration
    /// How many episodes are told apart.
    public let maximumSubscriptions: Int
    private let reasons: Set<DropReason>
    private let logger: Logger
    private let now: @Sendable () -> Duration
    private let episodes: Lock<DropEpisodes>
    /// The subscriptions that have begun and not ended.
    private let subscriptions = Lock<[SubscriptionID: SubscriptionInfo]>([:])
    /// When the episodes have to be looked at next, in nanoseconds; `Int64.max` when there is none.
    private let due = Atomic<Int64>(.max)

    /// Creates an observer that logs drops.
    ///
    /// - Parameters:
    ///   - logger: Where to log.
    ///   - reasons: Which drops to log; by default not `closed`, for whoever closed the subscription wants no more.
    ///   - interval: The time between two reports on one subscription.
    ///   - maximumSubscriptions: How many episodes are told apart; less than 0 counts as 0.
    ///   - clock: What measures the interval.
    public init<C: Clock>(
        logger: Logger,
        reasons: Set<DropReason> = [.bufferFull, .cancelled],
        interval: Duration = .seconds(10),
        maximumSubscriptions: Int = 1024,
        clock: C = ContinuousClock()
    ) where C.Duration == Duration {
        let start = clock.now
        self.logger = logger
        self.reasons = reasons
        self.interval = interval
        self.maximumSubscriptions = max(0, maximumSubscriptions)
        now = { start.duration(to: clock.now) }
        episodes = Lock(DropEpisodes(interval: interval, maximumCount: self.maximumSubscriptions))
    }

    deinit {
        summarize()
    }

    /// Ends all episodes and logs what has not been reported.
    public func summarize() {
        let reports = episodes.withLock { episodes in
            due.store(.max, ordering: .relaxed)
            return episodes.endAll()
        }
        for report in reports { log(report) }
    }

    /// Reports what has become due.
    ///
    /// - Parameter envelope: The envelope.
    public func onPublish(_ envelope: Envelope) {
        reportIfDue()
    }

    /// Reports what has become due.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who received it.
    public func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        reportIfDue()
    }

    /// Logs the drop or counts it.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who does not receive it.
    ///   - reason: Why.
    public func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        guard reasons.contains(reason) else { return reportIfDue() }
        let now = now()
        report(at: now)
        let begins = episodes.withLock { episodes in
            defer { due.store(episodes.nextDue?.nanoseconds ?? .max, ordering: .relaxed) }
            return episodes.drop(from: subscription, at: now) { subscriptions.withLock { $0[subscription] } }
        }
        guard begins else { return }
        var metadata = Self.metadata(of: subscriptions.withLock { $0[subscription] })
        metadata["subscription"] = "\(subscription)"
        metadata["subject"] = "\(envelope.subject)"
        metadata["envelope"] = "\(envelope.id.printable)"
        metadata["reason"] = "\(reason.rawValue)"
        logger.warning("A subscription loses envelopes", metadata: metadata)
    }

    /// Takes note of what the subscription is called.
    ///
    /// - Parameter subscription: What begins.
    public func onSubscribe(_ subscription: SubscriptionInfo) {
        subscriptions.withLock { $0[subscription.id] = subscription }
    }

    /// Forgets what the subscription is called; an episode that has begun keeps it.
    ///
    /// - Parameters:
    ///   - subscription: What has ended.
    ///   - reason: What ended it.
    public func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        _ = subscriptions.withLock { $0.removeValue(forKey: subscription.id) }
        reportIfDue()
    }

    private static func metadata(of info: SubscriptionInfo?) -> Logger.Metadata {
        guard let info else { return [:] }
        var metadata: Logger.Metadata = ["pattern": "\(info.pattern)"]
        if let name = info.name { metadata["name"] = "\(name.printable)" }
        return metadata
    }

    /// Reads the clock only while somebody loses envelopes.
    private func reportIfDue() {
        if due.load(ordering: .relaxed) != .max { report(at: now()) }
    }

    private func report(at now: Duration) {
        // `due` is a hint, so relaxed: it is stored under the lock of the episodes, which decide again under it. An old value
        // costs one lock for nothing, or leaves a report to the next callback.
        guard now.nanoseconds >= due.load(ordering: .relaxed) else { return }
        let reports = episodes.withLock { episodes in
            defer { self.due.store(episodes.nextDue?.nanoseconds ?? .max, ordering: .relaxed) }
            return episodes.reports(at: now)
        }
        for report in reports { log(report) }
    }

    private func log(_ report: DropEpisodes.Report) {
        var metadata = Self.metadata(of: report.info)
        metadata["subscription"] = "\(report.subscription?.description ?? "others")"
        metadata["lost"] = "\(report.unreported)"
        metadata["lost_in_all"] = "\(report.total)"
        switch report.state {
        case .goesOn: logger.warning("A subscription still loses envelopes", metadata: metadata)
        case .over: logger.notice("A subscription no longer loses envelopes", metadata: metadata)
        }
    }
}

extension Duration {
    /// In whole nanoseconds; the greatest number when there are too many.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        return product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }
}
