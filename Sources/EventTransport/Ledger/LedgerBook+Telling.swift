/// What buses are told of their entries, and when.
extension LedgerBook {
    /// The buses that read their messages here.
    package var inboxes: [String] { peerPlaces.filter { peers[$0.value].inboxes > 0 }.map(\.key) }

    /// Sets a time for what has changed since the last call; returns when ``takeDue(_:)`` is to be called next.
    package mutating func schedule(_ now: Instant) -> Instant? {
        var next: Instant?
        for peer in owed where peers[peer].inboxes > 0 {
            let due = peers[peer].dueAt ?? now + Self.delay
            peers[peer].dueAt = due
            next = min(next ?? due, due)
        }
        return [next, forgetAt].compactMap(\.self).min()
    }

    var forgetAt: Instant? { away.first { isAway($0) }.map { $0.since + retention } }

    /// The buses that are to be told by now; with `everybody` all that are owed anything.
    package mutating func takeDue(_ now: Instant, everybody: Bool = false) -> [String] {
        forget(now)
        return owed.compactMap { peer in
            guard peers[peer].inboxes > 0, everybody || peers[peer].dueAt.map({ $0 <= now }) == true else { return nil }
            return peers[peer].bus
        }
    }

    /// The message for a bus, which holds all that it has not acknowledged.
    package mutating func message(
        to bus: String,
        from origin: String,
        socket: UInt64,
        number: UInt64,
        now: Instant
    ) -> LedgerMessage? {
        guard let place = peerPlaces[bus] else { return nil }
        serial += 1
        var message = LedgerMessage(origin: origin, socket: socket, serial: serial, number: number)
        prune(place) { !$0.isRemoved }
        for change in peers[place].changes {
            message.lines.append(entries[change].line)
        }
        if message.lines.isEmpty {
            settle(place)
        } else {
            peers[place].dueAt = now + Self.repeats[min(peers[place].attempts, Self.repeats.count - 1)]
            peers[place].attempts += 1
        }
        return message
    }

    /// A bus has read a message of this socket over one of its connections; for each it keeps an account of its own.
    package mutating func acknowledged(by bus: String, serial: UInt64, over connection: Int32) {
        guard let place = peerPlaces[bus], serial <= self.serial else { return }
        peers[place].read[connection] = max(serial, peers[place].read[connection] ?? 0)
        let read = peers[place].read.values.sorted(by: >)
        guard peers[place].inboxes > 0, read.count >= peers[place].inboxes else { return }
        let readByAll = read[peers[place].inboxes - 1]
        guard readByAll > peers[place].readByAll else { return }
        peers[place].readByAll = readByAll
        for entry in peers[place].changes where entries[entry].closed != nil && entries[entry].changedIn <= readByAll {
            remove(entry)
        }
        prune(place) { !$0.isRemoved && $0.changedIn > readByAll }
        (peers[place].dueAt, peers[place].attempts) = (nil, 0)
        settle(place)
    }

    /// Takes entries off a peer's list of changes.
    mutating func prune(_ peer: Int, keeping isKept: (Entry) -> Bool) {
        var kept: [Int] = []
        for place in peers[peer].changes {
            if isKept(entries[place]) {
                kept.append(place)
            } else {
                entries[place].isListed = false
                if entries[place].isRemoved { freeEntries.append(place) }
            }
        }
        peers[peer].changes = kept
    }

    /// Takes a peer off the list of those who are owed, when nothing has changed for it.
    mutating func settle(_ peer: Int) {
        guard peers[peer].changes.isEmpty else { return }
        (peers[peer].dueAt, peers[peer].attempts) = (nil, 0)
        if peers[peer].isOwed {
            peers[peer].isOwed = false
            owed.removeAll { $0 == peer }
        }
        releaseIfUnused(peer)
    }
}
