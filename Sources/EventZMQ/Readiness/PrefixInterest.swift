import EventTransport

/// Who subscribes to one prefix at one socket.
///
/// A bus counts when it has announced the prefix and owns a subscription to it. It owns one that came over a connection
/// that says whose it is; where connections say nothing, it adopts one that nobody owns, whichever comes first. What
/// nobody owns belongs to plain SUB sockets.
///
/// When a connection ends, libzmq takes its subscriptions back and does not say whose they were. Until that is known
/// they are in doubt: any of those who subscribe may be the one that is gone.
struct PrefixInterest: Hashable, Sendable {
    private struct Bus: Hashable, Sendable {
        var announced = 0
        var owned = 0
        /// Announcements in its name by others.
        var forged = 0
        /// How many of those were taken for ended when it may have been its own.
        var mistaken = 0
        /// Whether its connections say whose they are.
        var isNamed = false

        var isCounted: Bool { announced > 0 && owned > 0 }
        var isNothing: Bool { announced == 0 && owned == 0 && forged == 0 }
    }

    /// Subscriptions of those who have not said who they are.
    private(set) var unowned = 0
    private var owned = 0
    /// Subscriptions that have ended, nobody knows yet whose.
    private(set) var doubtful = 0
    private var buses: [String: Bus] = [:]
    /// How many buses count.
    private(set) var countedCount = 0
    /// Buses that would adopt a subscription.
    private var seeking: Set<String> = []
    /// Buses that own more than they have announced.
    private(set) var unannounced: Set<String> = []

    var isEmpty: Bool { buses.isEmpty && unowned == 0 && doubtful == 0 }
    /// How many subscriptions there are.
    var subscriptions: Int { unowned + owned - doubtful }
    /// The buses that count.
    var counted: some Sequence<String> { buses.lazy.filter(\.value.isCounted).map(\.key) }

    func counts(_ bus: String) -> Bool { buses[bus]?.isCounted == true }
    /// How often a bus has announced the prefix; `nil` when nothing is known of it.
    func announcements(of bus: String) -> Int? { buses[bus]?.announced }
    func knows(_ bus: String) -> Bool { buses[bus] != nil }
    /// Whether a bus has announced more than it owns.
    func isShort(_ bus: String) -> Bool { buses[bus].map { $0.owned < $0.announced } ?? false }
    func owns(_ bus: String) -> Bool { buses[bus].map { $0.owned > 0 } ?? false }

    /// How many peers there are at least, whoever is in doubt.
    func certainCount(except own: String) -> Int {
        max(0, unowned + countedCount - (counts(own) ? 1 : 0) - doubtful)
    }

    private mutating func change(_ bus: String, _ body: (inout Bus) -> Void) {
        let old = buses[bus] ?? Bus()
        var new = old
        body(&new)
        buses[bus] = new.isNothing ? nil : new
        owned += new.owned - old.owned
        countedCount += (new.isCounted ? 1 : 0) - (old.isCounted ? 1 : 0)
        if new.owned > new.announced {
            unannounced.insert(bus)
        } else if !unannounced.isEmpty {
            unannounced.remove(bus)
        }
        if new.owned < new.announced, !new.isNamed {
            seeking.insert(bus)
        } else if !seeking.isEmpty {
            seeking.remove(bus)
        }
    }

    // MARK: Beginnings

    /// Somebody subscribes, over a connection that says who it is or one that does not.
    mutating func subscribed(by identity: String?) {
        if let identity {
            change(identity) { ($0.owned, $0.isNamed) = ($0.owned + 1, true) }
        } else {
            unowned += 1
            adopt()
        }
    }

    mutating func announced(_ bus: String, by identity: String?) {
        if identity == nil {
            change(bus) { $0.announced += 1 }
            adopt()
        } else if identity == bus {
            change(bus) { ($0.announced, $0.isNamed) = ($0.announced + 1, true) }
        } else {
            change(bus) { $0.forged += 1 }
        }
    }

    private mutating func adopt() {
        guard unowned > 0, let bus = seeking.first else { return }
        unowned -= 1
        change(bus) { $0.owned += 1 }
    }

    // MARK: Ends

    /// Somebody has taken back a subscription.
    mutating func unsubscribed(by identity: String?) {
        if let identity {
            if owns(identity) { change(identity) { $0.owned -= 1 } }
        } else if unowned > 0 {
            // Should it be that of a bus which adopted it, the announcement that the bus takes back next puts it right.
            unowned -= 1
        } else if subscriptions > 0 {
            doubtful += 1
        }
    }

    /// A connection has ended that had a subscription.
    mutating func ended() {
        if subscriptions > 0 { doubtful += 1 }
    }

    /// An announcement was taken back.
    mutating func withdrawn(_ bus: String, by identity: String?) {
        guard let record = buses[bus] else { return }
        guard identity == nil || identity == bus else {
            if record.forged > 0 { change(bus) { $0.forged -= 1 } }
            return
        }
        guard record.announced > 0 else { return }
        change(bus) { $0.announced -= 1 }
        guard !record.isNamed, record.owned == record.announced else { return }
        if doubtful > 0 { end(bus) } else { giveBack(bus) }
    }

    /// A connection has ended over which a bus was announced.
    mutating func announcementEnded(_ bus: String) {
        guard let record = buses[bus] else { return }
        guard record.forged == 0 else {
            // Had it been the bus itself, its presence ends next.
            return change(bus) { ($0.forged, $0.mistaken) = ($0.forged - 1, $0.mistaken + 1) }
        }
        guard record.announced > 0 else { return }
        change(bus) { $0.announced -= 1 }
        if doubtful > 0, record.owned > 0 {
            end(bus)
        } else if !record.isNamed, record.owned == record.announced {
            giveBack(bus)
        }
    }

    /// One of those in doubt was a bus's.
    private mutating func end(_ bus: String) {
        doubtful -= 1
        change(bus) { $0.owned -= 1 }
    }

    /// What a bus had adopted was not its own.
    private mutating func giveBack(_ bus: String) {
        change(bus) { $0.owned -= 1 }
        unowned += 1
        adopt()
    }

    /// A bus is gone, with all that was its own.
    mutating func forget(_ bus: String) {
        guard let record = buses[bus] else { return }
        change(bus) { $0 = Bus(forged: $0.forged + min($0.mistaken, $0.announced), isNamed: $0.isNamed) }
        let ended = min(doubtful, record.owned)
        doubtful -= ended
        guard !record.isNamed else { return }
        for _ in 0..<(record.owned - ended) {
            unowned += 1
            adopt()
        }
    }

    // MARK: Doubts

    /// Decides whose a subscription in doubt was, after no announcement ended along with it.
    ///
    /// - Parameter suspect: The bus that it was, if it owns more than it has announced; otherwise it was a plain socket
    ///   that is gone, if there was one.
    /// - Returns: The bus.
    mutating func settle(_ suspect: String?) -> String? {
        guard doubtful > 0 else { return nil }
        if suspect.map({ unannounced.contains($0) }) != true, unowned > 0 {
            unowned -= 1
            doubtful -= 1
            return nil
        }
        guard let bus = suspect ?? unannounced.first else { return nil }
        end(bus)
        return bus
    }

    /// Gives a bus back what was taken for ended, since it was somebody else's.
    ///
    /// - Parameters:
    ///   - bus: The bus.
    ///   - isSuspect: Whether it may have been another one's.
    /// - Returns: Another bus, if it was that one's.
    mutating func restore(_ bus: String, where isSuspect: (String) -> Bool) -> String? {
        if let other = unannounced.first(where: { $0 != bus && isSuspect($0) }) {
            change(other) { $0.owned -= 1 }
            change(bus) { $0.owned += 1 }
            return other
        }
        if unowned > 0 {
            unowned -= 1
            change(bus) { $0.owned += 1 }
        }
        return nil
    }
}
