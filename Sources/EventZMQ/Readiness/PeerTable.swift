import EventCore

/// Who has subscribed to what at this bus's publishing sockets.
///
/// A bus counts for a subject when its announcement and a subscription that covers the subject have both arrived at one
/// socket, once however many there are. What more there is to a prefix comes from plain SUB sockets, which libzmq does not
/// tell apart.
struct PeerTable: Sendable, Hashable {
    /// What is known of a prefix at a socket.
    private struct Record: Hashable {
        /// How often it is subscribed to, by whomever.
        var subscriptions = 0
        /// The buses that some of these belong to.
        var owners: Set<String> = []
        /// Over how many connections each bus announces it.
        var announcements: [String: Int] = [:]

        var isEmpty: Bool { subscriptions == 0 && announcements.isEmpty && owners.isEmpty }
        var plainCount: Int { max(0, subscriptions - owners.count) }

        /// An announcement without a subscription that is known to be its own takes one that is nobody's.
        mutating func adopt() {
            for bus in announcements.keys where subscriptions > owners.count { owners.insert(bus) }
        }
    }

    private struct Peers: Hashable {
        var records = PrefixMap<Record>()
        var present: [String: Int] = [:]

        mutating func change(_ prefix: WirePrefix, _ change: (inout Record) -> Void) {
            records.update(prefix, initial: Record(), change)
            if records[prefix]?.isEmpty == true { records[prefix] = nil }
        }
    }

    enum Change: Equatable, Sendable {
        case joined(String)
        case left(String)
    }

    private var sockets: [Int: Peers] = [:]

    /// Takes note of a subscription that has begun or ended.
    ///
    /// - Parameters:
    ///   - notice: What the socket says.
    ///   - socket: Which one it is.
    ///   - changed: Gets the prefixes that may count otherwise now.
    /// - Returns: Who came or left by it.
    mutating func enter(_ notice: SubscriptionNotice, at socket: Int, _ changed: inout Set<WirePrefix>) -> Change? {
        switch notice.topic {
        case .prefix(let prefix):
            changed.insert(prefix)
            sockets[socket, default: Peers()].change(prefix) { record in
                if notice.isSubscription {
                    record.subscriptions += 1
                    if let peer = notice.peer { record.owners.insert(peer.bus) } else { record.adopt() }
                } else {
                    record.subscriptions = max(0, record.subscriptions - 1)
                    if let peer = notice.peer { record.owners.remove(peer.bus) }
                    if record.subscriptions == 0 { record.owners = [] }
                }
            }
        case .control(.interest(let bus, _, let prefix)):
            // Nobody announces for another.
            if let peer = notice.peer, peer.bus != bus { return nil }
            changed.insert(prefix)
            sockets[socket, default: Peers()].change(prefix) { record in
                let count = (record.announcements[bus] ?? 0) + (notice.isSubscription ? 1 : -1)
                record.announcements[bus] = count > 0 ? count : nil
                if notice.isSubscription {
                    if notice.peer == nil { record.adopt() }
                } else if count <= 0, notice.connection == nil {
                    // Its subscription ended with the same connection.
                    record.owners.remove(bus)
                }
            }
        case .control(.presence(let bus)):
            return notice.isSubscription ? came(bus, at: socket) : went(bus, at: socket)
        case .control: break
        }
        return nil
    }

    private mutating func came(_ bus: String, at socket: Int) -> Change? {
        let isNew = !isPresent(bus)
        sockets[socket, default: Peers()].present[bus, default: 0] += 1
        return isNew ? .joined(bus) : nil
    }

    private mutating func went(_ bus: String, at socket: Int) -> Change? {
        guard let count = sockets[socket]?.present[bus] else { return nil }
        sockets[socket]?.present[bus] = count > 1 ? count - 1 : nil
        return isPresent(bus) ? nil : .left(bus)
    }

    /// Forgets a socket that is no more; returns who left by it.
    mutating func removed(_ socket: Int) -> [Change] {
        guard let peers = sockets.removeValue(forKey: socket) else { return [] }
        return peers.present.keys.filter { !isPresent($0) }.map { .left($0) }
    }

    private func isPresent(_ bus: String) -> Bool {
        sockets.values.contains { $0.present[bus] != nil }
    }

    /// Counts the peers that want a subject, up to a number.
    ///
    /// Plain sockets count as many as share the most wanted of those prefixes: at least so many there are.
    func count(of subject: Subject, upTo limit: Int, except own: String) -> Int {
        var buses: Set<String> = []
        var plain = 0
        for peers in sockets.values {
            var most = 0
            peers.records.forEach(covering: subject) { _, record in
                most = max(most, record.plainCount)
                var room = record.subscriptions
                for bus in record.owners where record.announcements[bus] != nil && room > 0 {
                    room -= 1
                    if bus != own { buses.insert(bus) }
                }
                return buses.count + plain + most < limit
            }
            plain += most
        }
        return buses.count + plain
    }
}
