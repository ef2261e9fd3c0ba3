import EventCore

/// What `eventbus pub` says at the end about envelopes that did not reach everybody.
struct PublicationLosses {
    let lines: [String]

    /// Puts together what there is to say.
    ///
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
        let byEndpoint = statistics.sendQueueDropEpisodesByEndpoint.filter { $0.value > 0 }
        for (endpoint, count) in byEndpoint.sorted(by: { $0.key < $1.key }) {
            lines.append(Self.line(count, at: " at \(endpoint)"))
        }
        let rest = statistics.sendQueueDropEpisodes - byEndpoint.values.reduce(0, +)
        if rest > 0 { lines.append(Self.line(rest, at: "")) }
        if statistics.sendQueueDropEpisodes > 0 { lines.append("a greater sendHighWaterMark holds more") }
        self.lines = lines
    }

    private static func line(_ count: Int, at place: String) -> String {
        let times = count == 1 ? "once" : "\(count) times"
        return "the queue of a subscriber\(place) was full \(times), and it lost envelopes".printable
    }
}
