import EventCore

/// Who has subscribed to what at this bus's publishing sockets.
///
/// A bus says who it is and what it wants by control topics beside every prefix. It counts for a subject when such an
/// announcement and a subscription that covers the subject have both arrived at one socket, and it counts once. What
/// more there is to a prefix comes from plain SUB sockets, which libzmq does not tell apart.
struct PeerTable: Hashable, Sendable {
    /// What a topic says that was subscribed to.
    enum Notice: Hashable, Sendable {
        case prefix(WirePrefix)
        /// A bus wants a prefix.
        case interest(bus: String, prefix: WirePrefix)
        /// A bus is there.
        case presence(bus: String)
    }

    enum Change: Hashable, Sendable {
        case joined(String)
        case left(String)
    }

    /// A subscription that was taken for one that ended; its bus may know better.
    private struct Presumption: Hashable, Sendable {
        var bus: String
        var prefix: WirePrefix
    }

    private struct Socket: Hashable, Sendable {
        var subscriptions = 0
        var present: [String: Int] = [:]
        /// Presences in the name of a bus by others.
        var forged: [String: Int] = [:]
        /// How many prefixes know of a bus, at most.
        var known: [String: Int] = [:]
        /// How many announcements of a bus there are.
        var announced: [String: Int] = [:]
        var ending = EndingConnection()
        var presumed: Set<Presumption> = []
    }

    /// So many presumptions are remembered at a socket.
    private static let maximumPresumed = 1024

    /// Who subscribes to a prefix, at each socket.
    private(set) var slots: [WirePrefix: [PeerSlot]] = [:]
    private(set) var lengths = PrefixLengths()
    private var sockets: [Int: Socket] = [:]
    private var changed: Set<WirePrefix> = []

    /// Whether anything but control topics is subscribed to at a socket.
    func hasInterest(at socket: Int) -> Bool { (sockets[socket]?.subscriptions ?? 0) > 0 }

    /// The prefixes whose counts may have changed since the last call.
    mutating func takeChanged() -> Set<WirePrefix> {
        defer { changed = [] }
        return changed
    }

    // MARK: Notices

    /// Takes note of a subscription.
    ///
    /// - Parameters:
    ///   - notice: What is subscribed to.
    ///   - socket: Where.
    ///   - identity: The bus that the connection says it comes from.
    /// - Returns: Who came by it.
    mutating func subscribed(_ notice: Notice, at socket: Int, by identity: String?) -> Change? {
        settled(socket)
        switch notice {
        case .prefix(let prefix):
            if let identity { sockets[socket]?.presumed.remove(Presumption(bus: identity, prefix: prefix)) }
            update(prefix, at: socket, about: identity) { $0.subscribed(by: identity) }
            return nil
        case .interest(let bus, let prefix):
            update(prefix, at: socket, about: bus) { $0.announced(bus, by: identity) }
            if identity == bus { restore(bus, prefix, at: socket) { $0.isShort(bus) } }
            return nil
        case .presence(let bus):
            return arrived(bus, at: socket, by: identity)
        }
    }

    /// Takes note of the end of a subscription.
    ///
    /// - Parameters:
    ///   - notice: What was subscribed to.
    ///   - socket: Where.
    ///   - identity: The bus that the connection says it comes from.
    ///   - isNamed: Whether it was taken back over a connection; otherwise one has ended, and nobody says which.
    /// - Returns: Who left by it.
    mutating func unsubscribed(_ notice: Notice, at socket: Int, by identity: String?, isNamed: Bool) -> Change? {
        guard sockets[socket] != nil else { return nil }
        if isNamed { settled(socket) }
        switch notice {
        case .prefix(let prefix):
            if isNamed { unsubscribed(prefix, at: socket, by: identity) } else { ended(prefix, at: socket) }
            return nil
        case .interest(let bus, let prefix):
            if !isNamed { sockets[socket]?.ending.pass(bus) }
            update(prefix, at: socket, about: bus) {
                if isNamed { $0.withdrawn(bus, by: identity) } else { $0.announcementEnded(bus) }
            }
            return nil
        case .presence(let bus):
            if !isNamed { sockets[socket]?.ending.pass(bus) }
            return departed(bus, at: socket, by: identity, isNamed: isNamed)
        }
    }

    /// There were no more notices to be read at a socket, and so none that belong to those before.
    mutating func settled(_ socket: Int) {
        if sockets[socket] == nil { sockets[socket] = Socket() }
        guard let ending = sockets[socket]?.ending, !ending.isEmpty else { return }
        sockets[socket]?.ending = EndingConnection()
        let cases = ending.prefixes.map { (prefix: $0, suspects: suspects(in: ending, $0, at: socket)) }
        // They belong to one connection, or to few.
        var common = cases.first { !$0.suspects.isEmpty }?.suspects ?? []
        for (_, suspects) in cases where !suspects.isEmpty { common.formIntersection(suspects) }
        for (prefix, suspects) in cases {
            let suspect = common.first { suspects.contains($0) } ?? suspects.first
            let bus = update(prefix, at: socket, about: suspect) { $0.settle(suspect) }
            if let bus { presume(bus, prefix, at: socket) }
        }
    }

    /// The buses that a subscription may have belonged to although none of them was heard to take back an announcement:
    /// those whose announcements have not come yet, or else they would have ended along with it.
    private func suspects(in ending: EndingConnection, _ prefix: WirePrefix, at socket: Int) -> Set<String> {
        guard let interest = interest(prefix, at: socket), interest.doubtful > 0 else { return [] }
        return interest.unannounced.filter { $0 == ending.bus || sockets[socket]?.announced[$0] == nil }
    }

    /// Forgets a socket that is no more; returns who left by it.
    mutating func removed(_ socket: Int) -> [Change] {
        guard let former = sockets.removeValue(forKey: socket) else { return [] }
        for prefix in Array(slots.keys) {
            guard let place = slots[prefix]?.firstIndex(where: { $0.socket == socket }) else { continue }
            slots[prefix]?.remove(at: place)
            changed.insert(prefix)
            removeIfEmpty(prefix)
        }
        return former.present.keys.filter { !isPresent($0) }.map { .left($0) }
    }

    // MARK: Prefixes

    private mutating func unsubscribed(_ prefix: WirePrefix, at socket: Int, by identity: String?) {
        if let identity { restore(identity, prefix, at: socket) { !$0.owns(identity) } }
        update(prefix, at: socket, about: identity) { $0.unsubscribed(by: identity) }
    }

    private mutating func ended(_ prefix: WirePrefix, at socket: Int) {
        if sockets[socket]?.ending.isOver(before: prefix) == true { settled(socket) }
        sockets[socket]?.ending.add(prefix)
        update(prefix, at: socket, about: nil) { $0.ended() }
    }

    /// Changes what is known of a prefix at a socket, and the sums over it.
    @discardableResult
    private mutating func update<Result>(
        _ prefix: WirePrefix,
        at socket: Int,
        about bus: String?,
        _ body: (inout PrefixInterest) -> Result
    ) -> Result {
        let (result, effect) = slots[prefix, default: []].update(at: socket, about: bus, body)
        if effect.isFirst { lengths.add(prefix.bytes.count) }
        if effect.isChange { changed.insert(prefix) }
        if effect.subscriptions != 0 { sockets[socket, default: Socket()].subscriptions += effect.subscriptions }
        if let bus {
            sockets[socket]?.known.change(bus, by: effect.known)
            sockets[socket]?.announced.change(bus, by: effect.announcements)
        }
        if effect.isLast { removeIfEmpty(prefix) }
        return result
    }

    private func interest(_ prefix: WirePrefix, at socket: Int) -> PrefixInterest? {
        slots[prefix]?.first { $0.socket == socket }?.interest
    }

    private mutating func removeIfEmpty(_ prefix: WirePrefix) {
        guard slots[prefix]?.isEmpty == true else { return }
        slots[prefix] = nil
        lengths.remove(prefix.bytes.count)
    }

    // MARK: Presumptions

    private mutating func presume(_ bus: String, _ prefix: WirePrefix, at socket: Int) {
        if (sockets[socket]?.presumed.count ?? 0) >= Self.maximumPresumed { sockets[socket]?.presumed = [] }
        sockets[socket]?.presumed.insert(Presumption(bus: bus, prefix: prefix))
    }

    /// Gives a bus back what was taken for ended, once it shows of a prefix that it was not.
    private mutating func restore(
        _ bus: String,
        _ prefix: WirePrefix,
        at socket: Int,
        where isMissing: (PrefixInterest) -> Bool
    ) {
        guard let presumed = sockets[socket]?.presumed, presumed.contains(Presumption(bus: bus, prefix: prefix)),
            interest(prefix, at: socket).map(isMissing) == true
        else { return }
        forgetPresumptions(of: bus, at: socket)
        for presumption in presumed where presumption.bus == bus {
            let other = update(presumption.prefix, at: socket, about: bus) { $0.restore(bus) }
            if let other { presume(other, presumption.prefix, at: socket) }
        }
    }

    // MARK: Presence

    private mutating func arrived(_ bus: String, at socket: Int, by identity: String?) -> Change? {
        guard identity == nil || identity == bus else {
            sockets[socket]?.forged[bus, default: 0] += 1
            return nil
        }
        let isNew = !isPresent(bus)
        sockets[socket]?.present[bus, default: 0] += 1
        // Presence comes last over a connection that is made again, so nothing can come to light any more.
        forgetPresumptions(of: bus, at: socket)
        return isNew ? .joined(bus) : nil
    }

    private mutating func departed(_ bus: String, at socket: Int, by identity: String?, isNamed: Bool) -> Change? {
        if let forged = sockets[socket]?.forged[bus], isNamed ? identity != nil && identity != bus : true {
            sockets[socket]?.forged[bus] = forged > 1 ? forged - 1 : nil
            return nil
        }
        guard let count = sockets[socket]?.present[bus], !isNamed || identity == nil || identity == bus else {
            return nil
        }
        sockets[socket]?.present[bus] = count > 1 ? count - 1 : nil
        guard count == 1 else { return nil }
        forgetPresumptions(of: bus, at: socket)
        sockets[socket]?.announced[bus] = nil
        if sockets[socket]?.known.removeValue(forKey: bus) != nil {
            for (prefix, slots) in slots where slots.contains(where: { $0.socket == socket && $0.interest.knows(bus) })
            {
                update(prefix, at: socket, about: nil) { $0.forget(bus) }
            }
        }
        return isPresent(bus) ? nil : .left(bus)
    }

    private mutating func forgetPresumptions(of bus: String, at socket: Int) {
        guard let presumed = sockets[socket]?.presumed, !presumed.isEmpty else { return }
        sockets[socket]?.presumed = presumed.filter { $0.bus != bus }
    }

    private func isPresent(_ bus: String) -> Bool {
        sockets.values.contains { $0.present[bus] != nil }
    }
}

extension [String: Int] {
    /// Adds to a count, which is absent when it is zero.
    fileprivate mutating func change(_ key: String, by difference: Int) {
        guard difference != 0 else { return }
        let count = (self[key] ?? 0) + difference
        self[key] = count > 0 ? count : nil
    }
}
