import EventCore

/// What a waiting command prints about connections: each kind of event once for an endpoint, however often it is tried.
struct ConnectionLines {
    private struct Told: Hashable {
        let kind: String
        let endpoint: String
    }

    private let includesConnected: Bool
    private var told: Set<Told> = []

    /// - Parameter includesConnected: Whether it is of interest who is there, and not only who is not.
    init(includesConnected: Bool) {
        self.includesConnected = includesConnected
    }

    /// The line about an event, or `nil` when it is told already or is about something else.
    mutating func line(for event: LinkEvent) -> String? {
        guard let kind = kind(of: event), let endpoint = event.endpoint,
            told.insert(Told(kind: kind, endpoint: endpoint)).inserted
        else { return nil }
        return "\(kind) \(endpoint): \(event.reason)".printable
    }

    private func kind(of event: LinkEvent) -> String? {
        switch event {
        case .connected: includesConnected ? "connected" : nil
        case .refused: "refused"
        case .unresolved: "unresolved"
        case .incompatible: "incompatible"
        case .malformed: "malformed"
        case .forbidden: "forbidden"
        default: nil
        }
    }
}
