/// What each connection has subscribed to, as hashes that nobody outside can foresee.
///
/// libzmq also passes on that a peer ends what it never began, and would have others lose what they asked for.
///
/// The number of a connection is used again, and that it was is known a moment after its messages are read: what is learned
/// of it between two looks at the monitor is kept apart until then, so that it outlives what was known of the number before.
struct HeldTopics: Sendable {
    private var kept: [Int32: Set<Int>] = [:]
    private var recent: [Int32: Set<Int>] = [:]

    mutating func began(_ topic: Int, over connection: Int32) {
        recent[connection, default: []].insert(topic)
    }

    /// Whether the connection had it.
    mutating func ended(_ topic: Int, over connection: Int32) -> Bool {
        let wasRecent = recent[connection]?.remove(topic) != nil
        let wasKept = kept[connection]?.remove(topic) != nil
        return wasRecent || wasKept
    }

    /// A connection has been opened or has ended: what was known of the number before was of another one.
    mutating func forget(_ connection: Int32) {
        kept[connection] = nil
    }

    /// All is known that has become of the connections until now.
    mutating func keep() {
        for (connection, topics) in recent where !topics.isEmpty { kept[connection, default: []].formUnion(topics) }
        recent = [:]
    }
}
