import EventCore

/// What `eventbus pub` says at the end about envelopes that did not reach everybody.
struct PublicationLosses {
    let lines: [String]

    /// - Parameters:
    ///   - statistics: What the link of the bus has counted, on which nobody else publishes.
    ///   - hasWaited: Whether there was a wait for subscribers.
    init(_ statistics: LinkStatistics, hasWaited: Bool) {
        var lines: [String] = []
        if statistics.unheard > 0 {
            let next = hasWaited ? "" : "; --wait-for-subscribers 1 waits for one"
            let all = statistics.sent + statistics.unheard
            lines.append("\(statistics.unheard) of \(all) envelopes had no subscriber\(next)")
        }
        for (endpoint, count) in statistics.sendQueueDropEpisodesByEndpoint.sorted(by: { $0.key < $1.key }) {
            let times = count == 1 ? "once" : "\(count) times"
            lines.append("the queue of a subscriber at \(endpoint) was full \(times), and it lost envelopes".printable)
        }
        if statistics.sendQueueDropEpisodes > 0 { lines.append("a greater sendHighWaterMark holds more") }
        self.lines = lines
    }
}
