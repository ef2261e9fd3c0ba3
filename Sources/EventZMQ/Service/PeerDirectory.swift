import EventCore

/// Who is connected, for any thread to ask.
final class PeerDirectory: Sendable {
    private struct Connection: Hashable {
        var link: Int
        var descriptor: Int32
    }

    private struct State {
        var peers: [Connection: LinkPeer] = [:]
        /// The names of those who are or were connected.
        private(set) var names: [String: String] = [:]

        mutating func setName(_ name: String?, of bus: String) {
            if names.count >= PeerDirectory.maximumNames, names[bus] == nil {
                let connected = peers.values.compactMap { peer in peer.name.map { (peer.id, $0) } }
                names = Dictionary(connected) { first, _ in first }
            }
            names[bus] = name
        }
    }

    private let state = Lock(State())

    /// So many names are remembered; with more, only those of who is connected.
    fileprivate static let maximumNames = 4096

    var peers: [LinkPeer] { state.withLock { Array($0.peers.values) } }

    func name(of bus: String) -> String? { state.withLock { $0.names[bus] } }

    /// Somebody is connected.
    ///
    /// - Parameters:
    ///   - peer: Who it is.
    ///   - descriptor: The connection.
    ///   - link: The socket.
    ///   - isOwner: Whether the id is proved to be its own; otherwise it counts as long as nobody else has it.
    func came(_ peer: LinkPeer, over descriptor: Int32, of link: Int, isOwner: Bool) {
        state.withLock { state in
            state.peers[Connection(link: link, descriptor: descriptor)] = peer
            guard let name = peer.name, isOwner || state.names[peer.id] == nil else { return }
            state.setName(name, of: peer.id)
        }
    }

    /// Somebody is the first to publish as a bus, and so it is its own, whatever others called it before.
    func belongs(_ bus: String, to name: String?) {
        state.withLock { $0.setName(name, of: bus) }
    }

    func left(over descriptor: Int32, of link: Int) {
        _ = state.withLock { $0.peers.removeValue(forKey: Connection(link: link, descriptor: descriptor)) }
    }

    func allLeft(_ link: Int) {
        state.withLock { state in state.peers = state.peers.filter { $0.key.link != link } }
    }
}
