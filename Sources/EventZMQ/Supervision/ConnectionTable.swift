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

    /// Who is at the other end of a connection.
    struct Peer: Sendable, Hashable {
        /// The id of the bus; `nil` of peers that are none.
        var bus: String?
        /// What it has proved to be; `nil` where nobody insists on that.
        var user: String?
    }

    private enum Connection: Hashable {
        case silent
        /// A message has come over it.
        case proven(Peer)
    }

    private var connections: [Int32: Connection] = [:]
    /// How many connections are established.
    private(set) var established = 0
    /// How many of them are so beyond doubt.
    private var provenCount = 0

    func isOpen(_ connection: Int32) -> Bool { connections[connection] != nil }
    func hasSent(_ connection: Int32) -> Bool { peer(over: connection) != nil }

    /// Who has sent something over a connection.
    func peer(over connection: Int32) -> Peer? {
        if case .proven(let peer)? = connections[connection] { peer } else { nil }
    }

    /// The open connections at whose other end somebody may be of whom something is true; of those over which nothing has
    /// come, nobody knows.
    func connections(where mayBe: (Peer) -> Bool) -> [Int32] {
        connections.filter { _, connection in
            if case .proven(let peer) = connection { mayBe(peer) } else { true }
        }.map(\.key)
    }

    /// The open connections of peers that are known, and of which something is true.
    func proven(where condition: (Peer) -> Bool) -> [Int32] {
        connections.keys.filter { peer(over: $0).map(condition) ?? false }
    }

    mutating func handle(_ event: MonitorEvent) -> Change? {
        switch event {
        case .opened(let connection):
            if case .proven? = connections.updateValue(.silent, forKey: connection) { provenCount -= 1 }
            return nil
        case .established:
            guard established < connections.count else { return nil }
            established += 1
            return .connected
        case .disconnected(let connection):
            guard let former = connections.removeValue(forKey: connection) else { return nil }
            let wasProven = former != .silent
            if wasProven { provenCount -= 1 }
            guard wasProven || established > connections.count else { return nil }
            established -= 1
            return .disconnected
        case .refused, .begun, .retried, .listening, .turnedAway:
            return nil
        }
    }

    /// A message has come over a connection.
    mutating func received(over connection: Int32, from peer: Peer) -> Change? {
        guard let former = connections.updateValue(.proven(peer), forKey: connection) else {
            connections[connection] = nil
            return nil
        }
        guard former == .silent else { return nil }
        provenCount += 1
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
