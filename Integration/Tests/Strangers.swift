import IntegrationSupport

/// Connects to an address, and says nothing.
final class Strangers {
    private let endpoint: String
    private var connections: [RawConnection] = []

    init(at endpoint: String) {
        self.endpoint = endpoint
    }

    /// - Returns: How many were let in.
    func connect(_ count: Int) -> Int {
        for _ in 0..<count {
            if let connection = try? RawConnection(to: endpoint) { connections.append(connection) }
        }
        return connections.count
    }

    func leave() {
        connections = []
    }
}
