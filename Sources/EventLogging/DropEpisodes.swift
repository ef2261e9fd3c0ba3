import EventCore

/// Which subscriptions are losing envelopes, and what has been said about it.
///
/// A plain value without lock, clock or log; times count from any one instant.
struct DropEpisodes: Sendable {
    fileprivate struct Episode {
        var total = 1
        var unreported = 0
        var lastDrop: Duration
        var lastReport: Duration
        var info: SubscriptionInfo?
    }

    /// What there is to say about an episode.
    struct Report: Equatable {
        enum State { case goesOn, over }

        /// `nil` stands for the subscriptions that share an episode.
        var subscription: SubscriptionID?
        var state: State
        /// How many were lost since the last report.
        var unreported: Int
        /// How many were lost in the episode.
        var total: Int
        /// What the subscription is, where it has an episode of its own and is known.
        var info: SubscriptionInfo?
    }

    private let interval: Duration
    private let maximumCount: Int
    private var episodes: [SubscriptionID?: Episode] = [:]
    /// When there may be something to report.
    private(set) var nextDue: Duration?

    init(interval: Duration, maximumCount: Int) {
        (self.interval, self.maximumCount) = (interval, maximumCount)
    }

    /// Counts a drop.
    ///
    /// - Parameters:
    ///   - subscription: Who loses an envelope.
    ///   - now: When.
    ///   - info: What is known of it; asked for when an episode begins.
    /// - Returns: Whether an episode begins with it.
    mutating func drop(
        from subscription: SubscriptionID,
        at now: Duration,
        _ info: () -> SubscriptionInfo? = { nil }
    ) -> Bool {
        let isKnown = episodes[subscription] != nil
        let key = isKnown || episodes.count < maximumCount ? subscription : nil
        guard var episode = episodes[key] else {
            episodes[key] = Episode(lastDrop: now, lastReport: now, info: key == nil ? nil : info())
            nextDue = nextDue ?? now + interval
            return true
        }
        episode.total += 1
        episode.unreported += 1
        episode.lastDrop = max(episode.lastDrop, now)
        episodes[key] = episode
        return false
    }

    /// What is due: the end of episodes in which nothing was lost for the interval, and the count of others.
    mutating func reports(at now: Duration) -> [Report] {
        guard let due = nextDue, now >= due else { return [] }
        var reports: [Report] = []
        for (subscription, episode) in episodes {
            if now - episode.lastDrop >= interval {
                episodes[subscription] = nil
                reports.append(Report(subscription, episode, .over))
            } else if episode.unreported > 0, now - episode.lastReport >= interval {
                reports.append(Report(subscription, episode, .goesOn))
                episodes[subscription]?.unreported = 0
                episodes[subscription]?.lastReport = now
            }
        }
        nextDue = episodes.values.map { $0.unreported > 0 ? $0.lastReport : $0.lastDrop }.min().map { $0 + interval }
        return reports
    }

    /// Ends all episodes.
    mutating func endAll() -> [Report] {
        defer { (episodes, nextDue) = ([:], nil) }
        return episodes.map { Report($0, $1, .over) }
    }
}

extension DropEpisodes.Report {
    fileprivate init(_ subscription: SubscriptionID?, _ episode: DropEpisodes.Episode, _ state: State) {
        self.init(
            subscription: subscription,
            state: state,
            unreported: episode.unreported,
            total: episode.total,
            info: episode.info
        )
    }
}
