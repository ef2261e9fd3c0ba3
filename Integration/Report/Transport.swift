import IntegrationSupport

/// How processes reach each other.
enum Transport: String, CaseIterable, Sendable {
    case ipc, tcp

    /// An address of a stage that can be bound; the bound endpoint may be another.
    func address(on stage: Stage, _ name: String = "bus") -> String {
        self == .ipc ? stage.address(name) : "tcp://127.0.0.1:*"
    }
}

extension Stage {
    struct Unbound: Error {}

    /// Two processes, one of which binds what the other connects to.
    func pair(
        over transport: Transport = .ipc,
        publisher: [String] = [],
        subscriber: [String] = []
    ) async throws -> (publisher: Peer, subscriber: Peer) {
        let publishing = try await peer("publisher", ["--publish", "bind:\(transport.address(on: self))"] + publisher)
        return (publishing, try await follow(publishing, subscriber))
    }

    /// A subscriber that connects to a publisher which has bound.
    func follow(_ publisher: Peer, _ arguments: [String] = [], as name: String = "subscriber") async throws -> Peer {
        try await peer(name, ["--subscribe", "connect:\(publisher.bound)"] + arguments)
    }
}

extension Peer {
    /// The address that others can connect to.
    var bound: String {
        get throws {
            guard let endpoint = endpoints.first else { throw Stage.Unbound() }
            return endpoint
        }
    }

    /// The port of that address.
    var port: UInt16 {
        get throws {
            guard let port = try UInt16(bound.split(separator: ":").last ?? "") else { throw Stage.Unbound() }
            return port
        }
    }
}
