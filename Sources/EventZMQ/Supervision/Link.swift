import CZeroMQ
import EventCore

/// One socket, as far as the service thread knows it: whom it leads to, who is connected, and what is done where nobody is.
///
/// Sockets that connect have one endpoint each, so that every event of theirs is known to be about that; everything
/// that is bound shares one socket.
final class Link {
    enum Role: Sendable { case publishes, subscribes }

    let id: Int
    let role: Role
    /// Where the socket connects to, or what it has bound.
    let endpoints: [ZMQEndpoint]
    let connects: Bool
    /// What is sent there; everything where it is `nil`.
    let patterns: [Pattern]?
    /// Who is at the other end of what is connected to; `nil` where nobody in particular is, such as at a path, whose file
    /// says who may bind it.
    let expectedUser: String?
    var monitor: ZMQMonitor
    /// Where the service thread waits for what the monitor tells.
    var monitorPlace: Poller.Place?
    private(set) var connections = ConnectionTable()
    /// The address to connect to when its host is a name, and the machine that decides when that is looked up.
    let named: NamedEndpoint?
    var resolution: ResolutionStateMachine?
    /// Where the socket connects to now; `nil` while the name of its host has not been looked up.
    var address: String?
    /// For a socket that connects; others connect to one that is bound, and again when they are cut off.
    var supervisor: SupervisorStateMachine?
    /// How often a connection was made; the first time is no reconnection.
    private(set) var connectionCount = 0
    /// What the peers of a socket that publishes have subscribed to.
    var budget: SubscriptionBudget
    /// Whether the key that is expected there has been taken off the list.
    var isRevoked = false
    /// The versions of the wire format that peers spoke and that were told.
    var strangeVersions: Set<Int> = []
    /// Whether it was told that there is no connection; not again before there has been one.
    private var hasToldAbsence = false

    init(
        id: Int,
        role: Role,
        endpoints: [ZMQEndpoint],
        connects: Bool,
        patterns: [Pattern]?,
        expectedUser: String?,
        monitor: consuming ZMQMonitor,
        budget: SubscriptionBudget
    ) {
        self.id = id
        self.role = role
        self.endpoints = endpoints
        (self.connects, self.expectedUser, self.patterns) = (connects, expectedUser, patterns)
        self.monitor = monitor
        self.budget = budget
        supervisor = connects ? SupervisorStateMachine() : nil
        named = connects ? endpoints.first.flatMap { NamedEndpoint($0.address) } : nil
        resolution = named.map { _ in ResolutionStateMachine(now: .now) }
        address = connects && named == nil ? endpoints.first?.address : nil
    }

    /// The endpoints as people know them.
    var name: String { endpoints.map(\.address).joined(separator: ", ") }

    /// What an event means for those who are interested in connections.
    func handle(_ event: MonitorEvent, now: ContinuousClock.Instant) -> [LinkEvent] {
        supervisor?.handle(event, now: now)
        var events: [LinkEvent] = []
        if let change = connections.handle(event) {
            events.append(told(change))
            if change == .connected { resolution?.connected() } else { resolution?.disconnected(now: now) }
        }
        switch event {
        case .disconnected(let connection): budget.disconnected(connection)
        case .turnedAway(ENFILE), .turnedAway(EMFILE):
            events.append(.refused(endpoint: name, reason: "no descriptor is left for another connection"))
        case .refused(let code):
            // What is told of the retries that follow would be less.
            hasToldAbsence = true
            events.append(.refused(endpoint: name, reason: HandshakeFault.words(for: code)))
        case .retried where connections.established == 0 && !hasToldAbsence:
            hasToldAbsence = true
            events.append(
                .refused(endpoint: name, reason: "no connection yet: nobody listens there, or it cannot be reached")
            )
        default: break
        }
        return events
    }

    /// A message has come over a connection.
    func received(over connection: Int32, from peer: ConnectionTable.Peer) -> LinkEvent? {
        connections.received(over: connection, from: peer).map(told)
    }

    /// The socket was replaced.
    func lostAllConnections() -> [LinkEvent] {
        budget.removeAll()
        return (0..<connections.removeAll()).map { _ in told(.disconnected) }
    }

    private func told(_ change: ConnectionTable.Change) -> LinkEvent {
        switch change {
        case .connected:
            connectionCount += 1
            hasToldAbsence = false
            return .connected(endpoint: name)
        case .disconnected:
            return .disconnected(endpoint: name, reason: "the connection ended")
        }
    }
}
