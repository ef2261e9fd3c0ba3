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
        /// Who is at the other end, where that is proved.
        var user: String?
        var prefixes = 0
        var bytes = 0
        /// It was found to have gone beyond, and need not be found again.
        var isOver = false
    }

    private let limits: Limits
    private var usages: [Int32: Usage] = [:]
    /// How many bytes all have together, but for those who are being cut off.
    private var totalBytes = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// A connection that is to be cut off, and what it has too much of, in words.
    struct Excess: Sendable, Hashable {
        var connection: Int32
        var reason: String
    }

    /// Counts a subscription that came over a connection.
    ///
    /// - Parameters:
    ///   - connection: The connection.
    ///   - user: Who is at its other end, where that is proved.
    ///   - bytes: How many the topic has.
    /// - Returns: Who goes beyond the limits with this one: when it is that of all together, the greatest connection of the
    ///   user who has most, so that nobody suffers for what another one asks for.
    mutating func subscribed(over connection: Int32, by user: String? = nil, bytes: Int) -> Excess? {
        usages[connection, default: Usage(user: user)].prefixes += 1
        usages[connection, default: Usage()].bytes += bytes
        guard let usage = usages[connection], !usage.isOver else { return nil }
        totalBytes += bytes
        if usage.prefixes > limits.prefixes {
            return excess(of: connection, "more than \(limits.prefixes) subscriptions")
        }
        if usage.bytes > limits.bytes {
            return excess(of: connection, "subscriptions of more than \(limits.bytes) bytes")
        }
        guard totalBytes > limits.totalBytes, let greatest else { return nil }
        let reason = "the most of subscriptions that have more than \(limits.totalBytes) bytes together"
        return excess(of: greatest, reason)
    }

    private var greatest: Int32? {
        let others = usages.filter { !$0.value.isOver }
        // Who has proved nothing is one for each connection.
        let owners = Dictionary(grouping: others) { $0.value.user ?? String($0.key) }
        let most = owners.values.max { one, other in
            one.reduce(0) { $0 + $1.value.bytes } < other.reduce(0) { $0 + $1.value.bytes }
        }
        return most?.max { $0.value.bytes < $1.value.bytes }?.key
    }

    private mutating func excess(of connection: Int32, _ reason: String) -> Excess {
        usages[connection]?.isOver = true
        totalBytes -= usages[connection]?.bytes ?? 0
        return Excess(connection: connection, reason: reason)
    }

    mutating func unsubscribed(over connection: Int32, bytes: Int) {
        guard var usage = usages[connection] else { return }
        let counted = min(bytes, usage.bytes)
        usage.prefixes = max(0, usage.prefixes - 1)
        usage.bytes -= counted
        if !usage.isOver { totalBytes -= counted }
        usages[connection] = usage
    }

    mutating func disconnected(_ connection: Int32) {
        if let usage = usages.removeValue(forKey: connection), !usage.isOver { totalBytes -= usage.bytes }
    }

    mutating func removeAll() {
        (usages, totalBytes) = ([:], 0)
    }
}
