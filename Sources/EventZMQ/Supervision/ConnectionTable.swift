/// The connections of one socket, and how many of them are established.
///
/// The monitor names a connection by its descriptor when it is opened and when it ends, but not when its handshake has
/// succeeded, so of several that are under way at once nobody knows which one that was. Whoever sends a message is
/// established beyond doubt. Of the others it is only known how many are: when one of them ends, that many remain, or as
/// many as there are; so a stranger that comes and goes takes nobody's place.
struct ConnectionTable: Sendable, Hashable {
    enum Change: Sendable, Hashable {
        case connected
        case disconnected
    }

    /// Whether a message has come over each open connection.
    private var isProven: [Int32: Bool] = [:]
    /// How many connections are established.
    private(set) var established = 0

    private var provenCount: Int { isProven.values.count { $0 } }

    func isOpen(_ connection: Int32) -> Bool { isProven[connection] != nil }
    func hasSent(_ connection: Int32) -> Bool { isProven[connection] == true }

    mutating func handle(_ event: MonitorEvent) -> Change? {
        switch event {
        case .opened(let connection):
            isProven[connection] = false
            return nil
        case .established:
            guard established < isProven.count else { return nil }
            established += 1
            return .connected
        case .disconnected(let connection):
            guard let wasProven = isProven.removeValue(forKey: connection) else { return nil }
            guard wasProven || established > isProven.count else { return nil }
            established -= 1
            return .disconnected
        case .refused, .begun, .retried, .listening, .turnedAway:
            return nil
        }
    }

    /// A message has come over a connection.
    mutating func received(over connection: Int32) -> Change? {
        guard isProven[connection] == false else { return nil }
        isProven[connection] = true
        guard established < provenCount else { return nil }
        established += 1
        return .connected
    }

    /// The socket was replaced.
    ///
    /// - Returns: How many connections that were established are gone.
    mutating func removeAll() -> Int {
        defer { self = ConnectionTable() }
        return established
    }
}
