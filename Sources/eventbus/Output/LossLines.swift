import EventCore

/// What `eventbus sub` prints about losses while they happen: the 1st, 10th, 100th … of each publisher.
struct LossLines {
    /// So many publishers are told apart, since a stranger may claim to be any number of them.
    static let maximumOrigins = 64

    private var times: [String: Int] = [:]

    /// The line about a loss, or `nil` when there was one of the same publisher not long ago.
    mutating func line(for loss: LinkLoss) -> String? {
        let isKnown = times[loss.origin] != nil || times.count < Self.maximumOrigins
        let count = times[isKnown ? loss.origin : Self.others, default: 0] + 1
        times[isKnown ? loss.origin : Self.others] = count
        guard count.isPowerOfTen else { return nil }
        return (count == 1 ? "\(loss)" : "\(loss), and \(count - 1) losses before").printable
    }

    private static let others = ""
}
