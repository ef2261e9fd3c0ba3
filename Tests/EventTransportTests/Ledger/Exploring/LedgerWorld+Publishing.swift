import EventCore
import TransportSupport

@testable import EventTransport

extension LedgerWorld {
    // MARK: The publisher

    mutating func publish(_ subject: Int) {
        budget.publishes -= 1
        let text = rules.subjects[subject]
        let counted = sockets.map { socket in
            socket.known.filter { rules.prefixes[prefix(of: $0)].covers(text) }
        }
        published.append(Publication(subject: subject, counted: counted))
        for socket in sockets.indices {
            let route = sockets[socket].book.route(of: text)
            var isSent = false
            if route.isWanted {
                for link in links.indices where links[link].socket == socket && sends(subject, to: link) {
                    put(.envelope(UInt64(published.count)), link)
                    isSent = true
                }
            }
            if rules.wrong == .countsOnlyWhileSent, !isSent { continue }
            sockets[socket].book.count(route.entries)
            if rules.wrong == .countsForEveryPrefix { countForOthers(text, socket, but: route.entries) }
            if !route.entries.isEmpty { sockets[socket].isFresh = true }
        }
    }

    mutating func countForOthers(_ subject: Subject, _ socket: Int, but entries: [Int]) {
        var others: [Int] = []
        sockets[socket].book.interests.forEach(covering: subject) { _, interest in
            others += interest.entries.filter { !entries.contains($0) }
            return true
        }
        sockets[socket].book.count(others)
    }

    func sends(_ subject: Int, to link: Int) -> Bool {
        links[link].topics.contains { topic in
            guard case .prefix(let prefix) = topic else { return false }
            return rules.prefixes[prefix].covers(rules.subjects[subject])
        }
    }

    /// A full pipe drops, whatever it is.
    mutating func put(_ parcel: Parcel, _ link: Int) {
        if links[link].isUp, links[link].new.count < rules.capacity { links[link].new.append(parcel) }
    }

    mutating func tell(_ socket: Int) {
        sockets[socket].isFresh = false
        let message = sockets[socket].book.message(
            to: Self.bus,
            from: "publisher",
            socket: UInt64(socket),
            number: UInt64(published.count),
            now: Self.now
        )
        guard let message else { return mistake = "a bus that is owed something is not told" }
        for link in links.indices where links[link].socket == socket && links[link].topics.contains(.inbox) {
            put(.message(message, over: links[link].connection), link)
        }
        if rules.wrong == .tellsOnlyOnce {
            sockets[socket].book.acknowledged(by: Self.bus, serial: message.serial, over: links[0].connection)
        }
    }

    mutating func readNotice(_ link: Int) {
        let notice = links[link].notices.removeFirst()
        switch notice {
        case .begins(let topic):
            links[link].topics.append(topic)
            links[link].topics.sort()
            begin(topic, links[link].socket)
        case .ends(let topic):
            links[link].topics.removeAll { $0 == topic }
            end(topic, links[link].socket, isGivenUp: true)
        case .acknowledges(let serial):
            let connection = links[link].connection
            sockets[links[link].socket].book.acknowledged(by: Self.bus, serial: serial, over: connection)
        }
    }

    /// What libzmq says on behalf of a connection that is gone.
    mutating func noticeEnd(_ link: Int) {
        for topic in links[link].endings.removeFirst() { end(topic, links[link].socket, isGivenUp: false) }
    }

    mutating func begin(_ topic: Topic, _ socket: Int) {
        switch topic {
        case .prefix(let prefix): sockets[socket].book.subscribed(rules.prefixes[prefix], by: nil)
        case .inbox:
            sockets[socket].book.opened(inboxOf: Self.bus, now: Self.now)
            sockets[socket].isFresh = true
        case .interest(let incarnation, let prefix):
            sockets[socket].book.announced(
                rules.prefixes[prefix],
                by: Self.bus,
                incarnation: incarnation,
                number: UInt64(published.count),
                now: Self.now
            )
            if !sockets[socket].known.contains(incarnation) { sockets[socket].known.append(incarnation) }
            sockets[socket].away.removeAll { $0 == incarnation }
            sockets[socket].isFresh = true
        case .presence:
            sockets[socket].book.isComplete(Self.bus, number: UInt64(published.count), now: Self.now)
            let away = sockets[socket].away
            sockets[socket].known.removeAll { away.contains($0) }
            sockets[socket].away = []
            sockets[socket].isFresh = true
        }
    }

    mutating func end(_ topic: Topic, _ socket: Int, isGivenUp: Bool) {
        switch topic {
        case .prefix(let prefix): sockets[socket].book.unsubscribed(rules.prefixes[prefix], by: nil)
        case .inbox: sockets[socket].book.closed(inboxOf: Self.bus, now: Self.now)
        case .interest(let incarnation, _):
            sockets[socket].book.withdrawn(
                by: Self.bus,
                incarnation: incarnation,
                isGivenUp: isGivenUp,
                number: UInt64(published.count),
                now: Self.now
            )
            withdrawn(incarnation, socket, isGivenUp: isGivenUp)
        case .presence: break
        }
    }

    mutating func withdrawn(_ incarnation: UInt64, _ socket: Int, isGivenUp: Bool) {
        guard sockets[socket].known.contains(incarnation), isGivenUp || !isAnnounced(incarnation, socket) else {
            return
        }
        if isGivenUp {
            sockets[socket].known.removeAll { $0 == incarnation }
            sockets[socket].isFresh = true
        } else {
            sockets[socket].away.append(incarnation)
            let limit = rules.remembered
            forget(socket) { $0.count > limit }
        }
    }

    func isAnnounced(_ incarnation: UInt64, _ socket: Int) -> Bool {
        let topics = links.filter { $0.socket == socket }.flatMap { $0.topics + $0.endings.joined() }
        return topics.contains { topic in
            guard case .interest(incarnation, _) = topic else { return false }
            return true
        }
    }

    /// Takes note that those who are away are forgotten, the ones gone for longest first.
    mutating func forget(_ socket: Int, while hasToGoOn: ([UInt64]) -> Bool) {
        while let first = sockets[socket].away.first {
            guard hasToGoOn(sockets[socket].away) else { return }
            sockets[socket].away.removeFirst()
            sockets[socket].known.removeAll { $0 == first }
            let lost = numbers { $0.counted[socket].contains(first) }
            for link in links.indices where links[link].socket == socket {
                links[link].truth.excuse(lost)
                links[link].truth.hasForgotten = true
                let isKnown = links[link].account.isCertain(first, isLeaving: false)
                if isKnown, wanted.values.contains(first) { links[link].truth.forgotten.insert(prefix(of: first)) }
            }
        }
    }

    func numbers(where isMeant: (Publication) -> Bool) -> [UInt64] {
        published.indices.filter { isMeant(published[$0]) }.map { UInt64($0 + 1) }
    }

    mutating func forget(_ socket: Int) {
        budget.forgets -= 1
        _ = sockets[socket].book.takeDue(Self.now + Self.retention)
        forget(socket) { _ in true }
    }

    // MARK: Links

    mutating func breakLink(_ link: Int, _ parcels: Int, _ notices: Int) {
        budget.breaks -= 1
        for _ in 0..<notices { readNotice(link) }
        links[link].endings.append(links[link].topics)
        cut(link, parcels)
    }

    mutating func cut(_ link: Int, _ parcels: Int) {
        links[link].isUp = false
        links[link].topics = []
        links[link].notices = []
        links[link].old += links[link].new.prefix(parcels)
        links[link].new = []
        for incarnation in leaving.keys.sorted() { closed(incarnation, over: link, isClosed: false) }
    }

    mutating func heal(_ link: Int) {
        links[link].isUp = true
        links[link].connection += 10
        let interests = wanted.map { Topic.interest($0.value, prefix: $0.key) }
        let needed = rules.prefixes.indices.filter { isNeeded($0) }
        let topics = needed.map { Topic.prefix($0) } + [.inbox] + interests + [.presence]
        links[link].notices = topics.sorted().map { .begins($0) }
    }

    mutating func replaceSocket(_ socket: Int) {
        budget.breaks -= 1
        sockets[socket].book.lostAllConnections(now: Self.now)
        let announced = sockets[socket].known.filter { isAnnounced($0, socket) }.sorted()
        for link in links.indices where links[link].socket == socket {
            cut(link, links[link].new.count)
            links[link].endings = []
        }
        for incarnation in announced { withdrawn(incarnation, socket, isGivenUp: false) }
    }
}
