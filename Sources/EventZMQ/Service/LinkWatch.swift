import EventCore

/// Watches the connections of one socket.
///
/// Sockets that connect have one endpoint each, so that every event of theirs is known to be about that; everything
/// that is bound shares one socket.
final class LinkWatch {
    enum Role: Sendable { case publishes, subscribes }

    let id: Int
    let role: Role
    /// Where the socket connects to, or what it has bound.
    let endpoints: [ZMQEndpoint]
    let connects: Bool
    var monitor: ZMQMonitor
    /// For a socket that connects; others connect to one that is bound, and again when they are cut off.
    var supervisor: SupervisorStateMachine?
    private var isRefusing = false

    init(id: Int, role: Role, endpoints: [ZMQEndpoint], connects: Bool, monitor: consuming ZMQMonitor) {
        self.id = id
        self.role = role
        self.endpoints = endpoints
        self.connects = connects
        self.monitor = monitor
        supervisor = connects ? SupervisorStateMachine() : nil
    }

    /// What an event means for those who are interested in connections.
    func handle(_ event: MonitorEvent, now: ContinuousClock.Instant) -> SupervisorStateMachine.Action? {
        guard supervisor == nil else { return supervisor?.handle(event, now: now) }
        switch event {
        case .opened, .retried: return nil
        case .established: return .connected
        case .refused(let code):
            isRefusing = true
            return .refused(code)
        case .disconnected:
            defer { isRefusing = false }
            return isRefusing ? nil : .disconnected
        }
    }
}
