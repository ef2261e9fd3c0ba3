import EventTransport

/// Who subscribes to a prefix at one of the sockets.
struct PeerSlot: Hashable, Sendable {
    /// What a change of a slot means for the sums kept over all of them.
    struct Effect {
        /// Whether the prefix was unknown at every socket before, or is now.
        var isFirst = false
        var isLast = false
        /// Whether the number of peers may be another.
        var isChange = false
        var subscriptions = 0
        /// 1 or −1 when the bus in question became known or unknown here.
        var known = 0
        /// How many announcements of that bus there are more.
        var announcements = 0
    }

    let socket: Int
    var interest = PrefixInterest()
}

extension [PeerSlot] {
    /// Changes what is known at a socket, in place.
    mutating func update<Result>(
        at socket: Int,
        about bus: String?,
        _ body: (inout PrefixInterest) -> Result
    ) -> (Result, PeerSlot.Effect) {
        var effect = PeerSlot.Effect(isFirst: isEmpty)
        let place = firstIndex { $0.socket == socket } ?? count
        if place == count { append(PeerSlot(socket: socket)) }
        let result = self[place].interest.update(about: bus, &effect, body)
        if self[place].interest.isEmpty {
            remove(at: place)
            effect.isLast = isEmpty
        }
        return (result, effect)
    }
}

extension PrefixInterest {
    fileprivate mutating func update<Result>(
        about bus: String?,
        _ effect: inout PeerSlot.Effect,
        _ body: (inout PrefixInterest) -> Result
    ) -> Result {
        let old = (subscriptions, countedCount, unowned, doubtful)
        let announcements = bus.flatMap { self.announcements(of: $0) }
        let result = body(&self)
        effect.isChange = old != (subscriptions, countedCount, unowned, doubtful)
        effect.subscriptions = subscriptions - old.0
        let later = bus.flatMap { self.announcements(of: $0) }
        effect.known = (later == nil ? 0 : 1) - (announcements == nil ? 0 : 1)
        effect.announcements = (later ?? 0) - (announcements ?? 0)
        return result
    }
}
