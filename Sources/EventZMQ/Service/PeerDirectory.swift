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
        var names: [String: String] = [:]
    }

    private let state = Lock(State())

    /// So many names are remembered; with more, only those of who is connected.
    private static let maximumNames = 4096

    var peers: [LinkPeer] { state.withLock { Array($0.peers.values) } }

    func name(of bus: String) -> String? { state.withLock { $0.names[bus] } }

    func came(_ peer: LinkPeer, over descriptor: Int32, of link: Int) {
        state.withLock { state in
            state.peers[Connection(link: link, descriptor: descriptor)] = peer
            guard let name = peer.name else { return }
            if state.names.count >= Self.maximumNames {
                let connected = state.peers.values.compactMap { peer in peer.name.map { (peer.id, $0) } }
                state.names = Dictionary(connected) { first, _ in first }
            }
            // An id belongs to who was the first to use it.
            if state.names[peer.id] == nil { state.names[peer.id] = name }
        }
    }

    func left(over descriptor: Int32, of link: Int) {
        _ = state.withLock { $0.peers.removeValue(forKey: Connection(link: link, descriptor: descriptor)) }
    }

    func allLeft(_ link: Int) {
        state.withLock { state in state.peers = state.peers.filter { $0.key.link != link } }
    }
}
