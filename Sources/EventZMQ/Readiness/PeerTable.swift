import EventCore
import EventTransport

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

    /// What a socket's prefixes know of a bus.
    private struct Known: Hashable, Sendable {
        /// How many of them know of it, at most.
        var prefixes = 0
        var announcements = 0
    }

    private struct Socket: Hashable, Sendable {
        var subscriptions = 0
        var present: [String: Int] = [:]
        /// Presences in the name of a bus by others.
        var forged: [String: Int] = [:]
        var buses: [String: Known] = [:]
        var ending = EndingConnection()
        var presumed: Set<Presumption> = []

        mutating func take(_ effect: PeerSlot.Effect, about bus: String?) {
            subscriptions += effect.subscriptions
            guard let bus, effect.known != 0 || effect.announcements != 0 else { return }
            var known = buses[bus] ?? Known()
            known.prefixes += effect.known
            known.announcements += effect.announcements
            buses[bus] = known.prefixes > 0 ? known : nil
        }
    }

    /// So many presumptions are remembered at a socket.
    private static let maximumPresumed = 1024

    /// Who subscribes to a prefix, at each socket.
    private(set) var slots: [WirePrefix: [PeerSlot]] = [:]
    private(set) var lengths = PrefixLengths()
    private var sockets: [Int: Socket] = [:]
    /// The sockets at which there may be more to come of a connection that ended.
    private var unsettled: Set<Int> = []
    private var changed: [WirePrefix] = []

    /// Whether anything but control topics is subscribed to at a socket.
    func hasInterest(at socket: Int) -> Bool { (sockets[socket]?.subscriptions ?? 0) > 0 }

    /// Whether a bus has announced a prefix at a socket.
    func hasAnnounced(_ prefix: WirePrefix, _ bus: String, at socket: Int) -> Bool {
        (interest(prefix, at: socket)?.announcements(of: bus) ?? 0) > 0
    }

    /// The prefixes whose counts may have changed since the last call; to be called after each batch of notices.
    mutating func takeChanged() -> [WirePrefix] {
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
            if let identity { forgetPresumption(Presumption(bus: identity, prefix: prefix), at: socket) }
            update(prefix, at: socket, about: identity) { $0.subscribed(by: identity) }
            return nil
        case .interest(let bus, let prefix):
            update(prefix, at: socket, about: bus) { $0.announced(bus, by: identity) }
            if identity == bus {
                restore(bus, prefix, at: socket) { $0.isShort(bus) }
                restorePlain(bus, at: socket)
            }
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
            if !isNamed { pass(bus, at: socket) }
            update(prefix, at: socket, about: bus) {
                if isNamed { $0.withdrawn(bus, by: identity) } else { $0.announcementEnded(bus) }
            }
            return nil
        case .presence(let bus):
            if !isNamed { pass(bus, at: socket) }
            return departed(bus, at: socket, by: identity, isNamed: isNamed)
        }
    }

    /// There were no more notices to be read at a socket, and so none that belong to those before.
    mutating func settled(_ socket: Int) {
        guard !unsettled.isEmpty, unsettled.remove(socket) != nil, let ending = sockets[socket]?.ending else { return }
        sockets[socket]?.ending = EndingConnection()
        let cases = ending.prefixes.compactMap { prefix in
            suspects(in: ending, prefix, at: socket).map { (prefix: prefix, suspects: $0) }
        }
        // They belong to one connection, or to few.
        var common = cases.first { !$0.suspects.isEmpty }?.suspects ?? []
        for (_, suspects) in cases where !suspects.isEmpty { common.formIntersection(suspects) }
        for (prefix, suspects) in cases {
            let own = ending.bus.flatMap { suspects.contains($0) ? $0 : nil }
            let suspect = own ?? common.first { suspects.contains($0) } ?? suspects.first
            let bus = update(prefix, at: socket, about: suspect) { $0.settle(suspect) }
            // Buses do not announce what they ask for in plain; of the bus whose connection it was it is certain.
            if let bus, !(prefix.isPlain && bus == ending.bus) { presume(bus, prefix, at: socket) }
        }
    }

    /// The buses that a subscription in doubt may have belonged to although its announcement did not end along with it:
    /// those whose announcements had not come yet; `nil` when there is no doubt.
    private func suspects(in ending: EndingConnection, _ prefix: WirePrefix, at socket: Int) -> Set<String>? {
        guard let interest = interest(prefix, at: socket), interest.doubtful > 0 else { return nil }
        return interest.unannounced.filter { bus in
            bus == ending.bus || (sockets[socket]?.buses[bus]?.announcements ?? 0) == 0
        }
    }

    /// Forgets a socket that is no more; returns who left by it.
    mutating func removed(_ socket: Int) -> [Change] {
        guard let former = sockets.removeValue(forKey: socket) else { return [] }
        unsettled.remove(socket)
        for prefix in Array(slots.keys) {
            guard let place = slots[prefix]?.firstIndex(where: { $0.socket == socket }) else { continue }
            slots[prefix]?.remove(at: place)
            changed.append(prefix)
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
        unsettled.insert(socket)
        update(prefix, at: socket, about: nil) { $0.ended() }
    }

    private mutating func pass(_ bus: String, at socket: Int) {
        sockets[socket]?.ending.pass(bus)
        unsettled.insert(socket)
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
        if effect.isFirst { lengths.add(prefix) }
        if effect.isChange, changed.last != prefix { changed.append(prefix) }
        if effect.subscriptions != 0 || effect.known != 0 || effect.announcements != 0 {
            sockets[socket, default: Socket()].take(effect, about: bus)
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
        lengths.remove(prefix)
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
        guard let presumed = sockets[socket]?.presumed, !presumed.isEmpty,
            presumed.contains(Presumption(bus: bus, prefix: prefix)),
            interest(prefix, at: socket).map(isMissing) == true
        else { return }
        forgetPresumptions(of: bus, at: socket)
        let buses = sockets[socket]?.buses
        for presumption in presumed where presumption.bus == bus {
            let other = update(presumption.prefix, at: socket, about: bus) { interest in
                interest.restore(bus) { other in
                    !presumption.prefix.isPlain || (buses?[other]?.announcements ?? 0) == 0
                }
            }
            if let other { presume(other, presumption.prefix, at: socket) }
        }
    }

    /// Gives a bus that announces something back what it had asked for in plain: over a connection that was made again that
    /// would have come first.
    private mutating func restorePlain(_ bus: String, at socket: Int) {
        guard let presumed = sockets[socket]?.presumed, !presumed.isEmpty else { return }
        guard let plain = presumed.first(where: { $0.bus == bus && $0.prefix.isPlain }) else { return }
        restore(bus, plain.prefix, at: socket) { !$0.owns(bus) }
    }

    // MARK: Presence

    private mutating func arrived(_ bus: String, at socket: Int, by identity: String?) -> Change? {
        guard identity == nil || identity == bus else {
            sockets[socket, default: Socket()].forged[bus, default: 0] += 1
            return nil
        }
        let isNew = !isPresent(bus)
        sockets[socket, default: Socket()].present[bus, default: 0] += 1
        // Presence comes last over a connection that is made again, so nothing can come to light any more.
        forgetPresumptions(of: bus, at: socket)
        return isNew ? .joined(bus) : nil
    }

    private mutating func departed(_ bus: String, at socket: Int, by identity: String?, isNamed: Bool) -> Change? {
        if let forged = sockets[socket]?.forged[bus], isNamed ? identity != nil && identity != bus : true {
            sockets[socket]?.forged[bus] = forged > 1 ? forged - 1 : nil
            return nil
        }
        let isOwn = !isNamed || identity == nil || identity == bus
        guard isOwn, let count = sockets[socket]?.present[bus] else { return nil }
        sockets[socket]?.present[bus] = count > 1 ? count - 1 : nil
        guard count == 1 else { return nil }
        forgetPresumptions(of: bus, at: socket)
        if sockets[socket]?.buses.removeValue(forKey: bus) != nil {
            for prefix in Array(slots.keys) where interest(prefix, at: socket)?.knows(bus) == true {
                update(prefix, at: socket, about: nil) { $0.forget(bus) }
            }
        }
        return isPresent(bus) ? nil : .left(bus)
    }

    private mutating func forgetPresumption(_ presumption: Presumption, at socket: Int) {
        guard sockets[socket]?.presumed.isEmpty == false else { return }
        sockets[socket]?.presumed.remove(presumption)
    }

    private mutating func forgetPresumptions(of bus: String, at socket: Int) {
        guard let presumed = sockets[socket]?.presumed, !presumed.isEmpty else { return }
        sockets[socket]?.presumed = presumed.filter { $0.bus != bus }
    }

    private func isPresent(_ bus: String) -> Bool {
        sockets.values.contains { $0.present[bus] != nil }
    }
}
