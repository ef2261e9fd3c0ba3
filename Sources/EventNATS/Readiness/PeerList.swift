/// The buses of the namespace that are there, and the servers that they are connected to.
struct PeerList: Sendable {
    struct Peer: Sendable, Hashable {
        var server: String
        var endpoint: String
        /// Whether it was heard of since this bus was connected last.
        var isPresent = true
    }

    /// A server, and the buses that are connected to it.
    struct Server: Hashable, Sendable {
        var id: String
        var endpoint: String
        var buses: [String]
    }

    static let maximumCount = 1 << 14

    private(set) var peers: [String: Peer] = [:]

    /// The buses that are there.
    var present: [String] { peers.filter(\.value.isPresent).keys.sorted() }

    func isPresent(_ bus: String) -> Bool { peers[bus]?.isPresent == true }

    /// Whether a bus is there, at a server.
    func isPresent(_ bus: String, at server: String) -> Bool {
        guard let peer = peers[bus] else { return false }
        return peer.isPresent && peer.server == server
    }

    /// A bus has said where it is.
    mutating func heard(_ bus: String, server: String, endpoint: String) {
        guard peers[bus] != nil || peers.count < Self.maximumCount else { return }
        peers[bus] = Peer(server: server, endpoint: endpoint)
    }

    /// A bus has answered from a server; it may have moved there.
    mutating func answered(_ bus: String, server: String) {
        guard let peer = peers[bus], peer.server != server else { return }
        peers[bus] = Peer(server: server, endpoint: peer.endpoint)
    }

    /// A bus has said goodbye, or nobody listens at its inbox.
    mutating func gone(_ bus: String) { peers[bus] = nil }

    /// This bus is connected again, maybe elsewhere: everybody is to be heard of anew.
    ///
    /// - Returns: Who was there.
    mutating func begin() -> Set<String> {
        let before = Set(present)
        for bus in before { peers[bus]?.isPresent = false }
        return before
    }

    /// The other servers, by id.
    func servers(except own: String) -> [Server] {
        var servers: [String: Server] = [:]
        for (bus, peer) in peers where peer.isPresent && peer.server != own {
            servers[peer.server, default: Server(id: peer.server, endpoint: peer.endpoint, buses: [])].buses.append(bus)
        }
        return servers.values.map { Server(id: $0.id, endpoint: $0.endpoint, buses: $0.buses.sorted()) }
            .sorted { $0.id < $1.id }
    }
}
