import EventCore

/// Who has subscribed to what at this bus's publishing sockets.
///
/// Buses say who they are, each by a control topic beside every prefix, so they are counted exactly. What more there is
/// to a prefix comes from plain SUB sockets, which libzmq does not tell apart.
struct PeerTable: Sendable {
    /// What is known of a socket's peers.
    private struct Peers {
        /// How often each prefix is subscribed to, by whomever.
        var counts: [WirePrefix: Int] = [:]
        /// The prefixes that buses have announced.
        var announced: [String: Set<WirePrefix>] = [:]
        var present: [String: Int] = [:]

        /// How many peers want a prefix that have not said who they are.
        func plainCount(_ prefix: WirePrefix) -> Int {
            max(0, (counts[prefix] ?? 0) - announced.values.count { $0.contains(prefix) })
        }
    }

    enum Change: Equatable, Sendable {
        case joined(String)
        case left(String)
    }

    private var sockets: [Int: Peers] = [:]

    /// Whether anything but control topics is subscribed to at a socket.
    func hasInterest(at socket: Int) -> Bool {
        guard let peers = sockets[socket] else { return false }
        return !peers.counts.isEmpty || !peers.announced.isEmpty
    }

    /// Takes note of a subscription; returns who came by it.
    mutating func subscribed(_ topic: some Collection<UInt8>, at socket: Int) -> Change? {
        switch Topic(topic) {
        case .prefix(let prefix):
            sockets[socket, default: Peers()].counts[prefix, default: 0] += 1
        case .control(.interest(let bus, let prefix)):
            sockets[socket, default: Peers()].announced[bus, default: []].insert(prefix)
        case .control(.presence(let bus)):
            let isNew = !isPresent(bus)
            sockets[socket, default: Peers()].present[bus, default: 0] += 1
            return isNew ? .joined(bus) : nil
        case .control(.confirmation), .unknown:
            break
        }
        return nil
    }

    /// Takes note of the end of a subscription; returns who left by it.
    mutating func unsubscribed(_ topic: some Collection<UInt8>, at socket: Int) -> Change? {
        switch Topic(topic) {
        case .prefix(let prefix):
            guard let count = sockets[socket]?.counts[prefix] else { return nil }
            sockets[socket]?.counts[prefix] = count > 1 ? count - 1 : nil
        case .control(.interest(let bus, let prefix)):
            sockets[socket]?.announced[bus]?.remove(prefix)
            if sockets[socket]?.announced[bus]?.isEmpty == true { sockets[socket]?.announced[bus] = nil }
        case .control(.presence(let bus)):
            guard let count = sockets[socket]?.present[bus] else { return nil }
            sockets[socket]?.present[bus] = count > 1 ? count - 1 : nil
            return isPresent(bus) ? nil : .left(bus)
        case .control(.confirmation), .unknown:
            break
        }
        return nil
    }

    /// Forgets a socket that is no more; returns who left by it.
    mutating func removed(_ socket: Int) -> [Change] {
        guard let peers = sockets.removeValue(forKey: socket) else { return [] }
        return peers.present.keys.filter { !isPresent($0) }.map { .left($0) }
    }

    private func isPresent(_ bus: String) -> Bool {
        sockets.values.contains { $0.present[bus] != nil }
    }

    /// Counts the peers that want a subject.
    ///
    /// Plain sockets count as many as share the most wanted of those prefixes: at least so many there are.
    ///
    /// - Parameters:
    ///   - subject: What they want.
    ///   - own: A bus that does not count.
    /// - Returns: How many there are at least.
    func count(coveringSubject subject: Subject, except own: String) -> Int {
        var buses: Set<String> = []
        var plain = 0
        for peers in sockets.values {
            for (bus, prefixes) in peers.announced where prefixes.contains(where: { $0.covers(subject) }) {
                buses.insert(bus)
            }
            plain += peers.counts.keys.filter { $0.covers(subject) }.map(peers.plainCount).max() ?? 0
        }
        buses.remove(own)
        return buses.count + plain
    }

    private enum Topic {
        case prefix(WirePrefix)
        case control(ControlTopic)
        case unknown

        init(_ topic: some Collection<UInt8>) {
            if topic.first == ControlTopic.firstByte {
                self = ControlTopic(topic).map { .control($0) } ?? .unknown
            } else {
                self = .prefix(WirePrefix(Array(topic)))
            }
        }
    }
}
