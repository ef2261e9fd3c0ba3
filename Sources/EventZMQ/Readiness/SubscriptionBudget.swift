/// How much the peers at a publishing socket make it remember: their subscriptions, by connection.
///
/// libzmq keeps subscriptions in a trie that takes about 32 bytes for each of theirs, and walks all of it when a peer
/// goes, on the thread of whoever publishes next.
struct SubscriptionBudget: Sendable, Hashable {
    struct Limits: Sendable, Hashable {
        /// Of one connection.
        var prefixes: Int
        var bytes: Int
        /// Of all connections together.
        var totalBytes: Int
    }

    private struct Usage: Hashable {
        var prefixes = 0
        var bytes = 0
        /// It was found to have gone beyond, and need not be found again.
        var isOver = false
    }

    private let limits: Limits
    private var usages: [Int32: Usage] = [:]
    private var totalBytes = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// Counts a subscription that came over a connection.
    ///
    /// - Returns: What the connection has too much of, in words, when it goes beyond with this one.
    mutating func subscribed(over connection: Int32, bytes: Int) -> String? {
        usages[connection, default: Usage()].prefixes += 1
        usages[connection, default: Usage()].bytes += bytes
        totalBytes += bytes
        guard let usage = usages[connection], !usage.isOver else { return nil }
        let excess: String
        if usage.prefixes > limits.prefixes {
            excess = "more than \(limits.prefixes) subscriptions"
        } else if usage.bytes > limits.bytes {
            excess = "subscriptions of more than \(limits.bytes) bytes"
        } else if totalBytes > limits.totalBytes {
            excess = "subscriptions that make it more than \(limits.totalBytes) bytes with those of other peers"
        } else {
            return nil
        }
        usages[connection]?.isOver = true
        return excess
    }

    mutating func unsubscribed(over connection: Int32, bytes: Int) {
        guard var usage = usages[connection] else { return }
        // A peer may end what it never began.
        let counted = min(bytes, usage.bytes)
        usage.prefixes = max(0, usage.prefixes - 1)
        usage.bytes -= counted
        totalBytes -= counted
        usages[connection] = usage
    }

    mutating func disconnected(_ connection: Int32) {
        totalBytes -= usages.removeValue(forKey: connection)?.bytes ?? 0
    }

    mutating func removeAll() {
        (usages, totalBytes) = ([:], 0)
    }
}
