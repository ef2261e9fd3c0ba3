import EventCore
import TransportSupport

@testable import EventTransport

extension LedgerWorld: Explorable {
    // MARK: What can happen

    var steps: [Step] {
        var steps: [Step] = []
        if budget.publishes > 0 {
            steps += rules.subjects.indices.filter { isNumbered($0) }.map { .publish($0) }
        }
        for socket in sockets.indices {
            if isOwed(socket), sockets[socket].isFresh || budget.resends > 0 { steps.append(.tell(socket: socket)) }
            if budget.forgets > 0, !sockets[socket].away.isEmpty { steps.append(.forget(socket: socket)) }
            if budget.breaks > 0 { steps.append(.replaceSocket(socket)) }
        }
        for link in links.indices { add(link, to: &steps) }
        for prefix in rules.prefixes.indices {
            if wanted[prefix] == nil {
                steps.append(.come(prefix: prefix))
            } else if budget.leaves > 0 {
                steps.append(.leave(prefix: prefix))
            }
        }
        return steps
    }

    private func add(_ place: Int, to steps: inout [Step]) {
        let link = links[place]
        if !link.notices.isEmpty { steps.append(.readNotice(link: place)) }
        if !link.endings.isEmpty { steps.append(.noticeEnd(link: place)) }
        if let first = link.old.first {
            steps.append(.readOld(link: place))
            // Whoever knows already that the connection has ended reads no message of it.
            if case .message = first { steps.append(.ignoreOld(link: place)) }
        }
        if !link.new.isEmpty { steps.append(.readNew(link: place)) }
        if !link.isUp {
            steps.append(.heal(link: place))
        } else if budget.breaks > 0 {
            for parcels in 0...link.new.count {
                for notices in Set([0, link.notices.count]).sorted() {
                    steps.append(.breakLink(place, keepingParcels: parcels, notices: notices))
                }
            }
        }
    }

    /// Whether a publisher that is asked to publish on a subject gives the envelope a number.
    private func isNumbered(_ subject: Int) -> Bool {
        sockets.contains { socket in
            let route = socket.book.route(of: rules.subjects[subject])
            return route.isWanted || !route.entries.isEmpty
        }
    }

    private func isOwed(_ socket: Int) -> Bool {
        var book = sockets[socket].book
        return !book.takeDue(Self.now, everybody: true).isEmpty
    }

    mutating func take(_ step: Step) {
        switch step {
        case .publish(let subject): publish(subject)
        case .tell(let socket):
            if !sockets[socket].isFresh { budget.resends -= 1 }
            tell(socket)
        case .readNotice(let link): readNotice(link)
        case .noticeEnd(let link): noticeEnd(link)
        case .readOld(let link): read(links[link].old.removeFirst(), link)
        case .ignoreOld(let link): links[link].old.removeFirst()
        case .readNew(let link): readNew(link)
        case .breakLink(let link, let parcels, let notices): breakLink(link, parcels, notices)
        case .heal(let link): heal(link)
        case .replaceSocket(let socket): replaceSocket(socket)
        case .come(let prefix): come(prefix)
        case .leave(let prefix): leave(prefix)
        case .forget(let socket): forget(socket)
        }
    }

    // MARK: The publisher

    private mutating func publish(_ subject: Int) {
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

    private mutating func countForOthers(_ subject: Subject, _ socket: Int, but entries: [Int]) {
        var others: [Int] = []
        sockets[socket].book.interests.forEach(covering: subject) { _, interest in
            others += interest.entries.filter { !entries.contains($0) }
            return true
        }
        sockets[socket].book.count(others)
    }

    private func sends(_ subject: Int, to link: Int) -> Bool {
        links[link].topics.contains { topic in
            guard case .prefix(let prefix) = topic else { return false }
            return rules.prefixes[prefix].covers(rules.subjects[subject])
        }
    }

    /// A full pipe drops, whatever it is.
    private mutating func put(_ parcel: Parcel, _ link: Int) {
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
    private mutating func noticeEnd(_ link: Int) {
        for topic in links[link].endings.removeFirst() { end(topic, links[link].socket, isGivenUp: false) }
    }

    private mutating func begin(_ topic: Topic, _ socket: Int) {
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

    private mutating func end(_ topic: Topic, _ socket: Int, isGivenUp: Bool) {
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

    private mutating func withdrawn(_ incarnation: UInt64, _ socket: Int, isGivenUp: Bool) {
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

    private func isAnnounced(_ incarnation: UInt64, _ socket: Int) -> Bool {
        let topics = links.filter { $0.socket == socket }.flatMap { $0.topics + $0.endings.joined() }
        return topics.contains { topic in
            guard case .interest(incarnation, _) = topic else { return false }
            return true
        }
    }

    /// Takes note that those who are away are forgotten, the ones gone for longest first.
    private mutating func forget(_ socket: Int, while hasToGoOn: ([UInt64]) -> Bool) {
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

    private func numbers(where isMeant: (Publication) -> Bool) -> [UInt64] {
        published.indices.filter { isMeant(published[$0]) }.map { UInt64($0 + 1) }
    }

    private mutating func forget(_ socket: Int) {
        budget.forgets -= 1
        _ = sockets[socket].book.takeDue(Self.now + Self.retention)
        forget(socket) { _ in true }
    }

    // MARK: Links

    private mutating func breakLink(_ link: Int, _ parcels: Int, _ notices: Int) {
        budget.breaks -= 1
        for _ in 0..<notices { readNotice(link) }
        links[link].endings.append(links[link].topics)
        cut(link, parcels)
    }

    private mutating func cut(_ link: Int, _ parcels: Int) {
        links[link].isUp = false
        links[link].topics = []
        links[link].notices = []
        links[link].old += links[link].new.prefix(parcels)
        links[link].new = []
        for incarnation in leaving.keys.sorted() { closed(incarnation, over: link, isClosed: false) }
    }

    private mutating func heal(_ link: Int) {
        links[link].isUp = true
        links[link].connection += 10
        let interests = wanted.map { Topic.interest($0.value, prefix: $0.key) }
        let needed = rules.prefixes.indices.filter { isNeeded($0) }
        let topics = needed.map { Topic.prefix($0) } + [.inbox] + interests + [.presence]
        links[link].notices = topics.sorted().map { .begins($0) }
    }

    private mutating func replaceSocket(_ socket: Int) {
        budget.breaks -= 1
        sockets[socket].book.lostAllConnections(now: Self.now)
        let announced = sockets[socket].known.filter { isAnnounced($0, socket) }.sorted()
        for link in links.indices where links[link].socket == socket {
            cut(link, links[link].new.count)
            links[link].endings = []
        }
        for incarnation in announced { withdrawn(incarnation, socket, isGivenUp: false) }
    }

    // MARK: The subscriber

    private mutating func come(_ prefix: Int) {
        lastIncarnation += 1
        let incarnation = rules.wrong == .keepsIncarnation ? UInt64(prefix + 1) : lastIncarnation
        let isSubscribed = isNeeded(prefix)
        wanted[prefix] = incarnation
        prefixes[incarnation] = prefix
        announcements.add(rules.prefixes[prefix], incarnation)
        if !isSubscribed { ask([.begins(.prefix(prefix))]) }
        ask([.begins(.interest(incarnation, prefix: prefix))])
    }

    /// The place of the prefix that was announced by a number.
    private func prefix(of incarnation: UInt64) -> Int {
        guard let prefix = prefixes[incarnation] else { fatalError("\(incarnation) was never announced") }
        return prefix
    }

    private func isNeeded(_ prefix: Int) -> Bool {
        wanted[prefix] != nil || leaving.keys.contains { prefixes[$0] == prefix }
    }

    private mutating func leave(_ prefix: Int) {
        budget.leaves -= 1
        guard let incarnation = wanted.removeValue(forKey: prefix) else { return }
        announcements.leave(incarnation)
        ask([.ends(.interest(incarnation, prefix: prefix))])
        leaving[incarnation] = Set(links.indices.filter { links[$0].isUp })
        if rules.wrong == .stopsListeningAtOnce { leaving[incarnation] = [] }
        if leaving[incarnation]?.isEmpty == true { release(incarnation, isClosed: true) }
    }

    /// A publisher has ended an announcement, or its connection has.
    private mutating func closed(_ incarnation: UInt64, over link: Int, isClosed: Bool) {
        guard leaving[incarnation]?.remove(link) != nil, leaving[incarnation]?.isEmpty == true else { return }
        release(incarnation, isClosed: isClosed)
    }

    private mutating func release(_ incarnation: UInt64, isClosed: Bool) {
        let prefix = self.prefix(of: incarnation)
        leaving[incarnation] = nil
        if !isNeeded(prefix) { ask([.ends(.prefix(prefix))]) }
        for link in links.indices {
            if !links[link].account.isCertain(incarnation, isLeaving: true) {
                links[link].truth.givenUp.insert(incarnation)
            }
            _ = links[link].account.released(incarnation)
            links[link].truth.forgotten.remove(prefix)
        }
        announcements.release(incarnation)
    }

    private mutating func ask(_ notices: [Notice]) {
        for link in links.indices where links[link].isUp { links[link].notices += notices }
    }

    mutating func readNew(_ link: Int) {
        read(links[link].new.removeFirst(), link)
    }

    private mutating func read(_ parcel: Parcel, _ link: Int) {
        switch parcel {
        case .envelope(let number): receive(number, link)
        case .message(let message, let connection): read(message, over: connection, link)
        }
    }

    private mutating func receive(_ number: UInt64, _ link: Int) {
        // libzmq lets nothing through that is not subscribed to any more.
        guard rules.prefixes.indices.contains(where: { isNeeded($0) && covers($0, number) }) else { return }
        let subject = rules.subjects[published[Int(number) - 1].subject]
        links[link].truth.receive(number)
        if let places = announcements.places(of: subject, in: links[link].account) {
            note(links[link].account.received(number, at: places), link)
        } else if rules.wrong == .doesNotWait {
            note(links[link].account.received(number, at: links[link].account.places(of: subject)), link)
        } else {
            links[link].account.wait(number, on: subject, limit: 100)
        }
    }

    private mutating func read(_ message: LedgerMessage, over connection: Int32, _ link: Int) {
        var message = message
        if rules.wrong == .takesLinesOfAnyIncarnation, rules.prefixes.count == 1, let current = wanted[0] {
            for place in message.lines.indices { message.lines[place].incarnation = current }
        }
        if rules.wrong == .ignoresWhenClosed {
            for place in message.lines.indices where message.lines[place].closed != nil {
                message.lines[place].closed = .max
            }
        }
        let isShared = rules.shape == .twoLinks
        let socket = links[link].socket
        for line in message.lines where isShared && !links[link].account.isCertain(line.incarnation, isLeaving: false) {
            let number = message.number
            links[link].truth.excuse(
                numbers { $0.counted[socket].contains(line.incarnation) }.filter { $0 <= number }
            )
        }
        let announcements = announcements
        let reading = links[link].account.read(message, over: connection, isShared: isShared) { announcements[$0] }
        guard case .current(let outcome) = reading else { return }
        note(outcome.change, link)
        for prefix in outcome.forgotten {
            guard let place = rules.prefixes.firstIndex(of: prefix) else { continue }
            links[link].truth.forgotten.remove(place)
            let number = message.number
            links[link].truth.excuse(
                numbers { $0.counted[socket].contains { prefixes[$0] == place } }.filter { $0 <= number }
            )
            if !links[link].truth.hasForgotten {
                mistake = "says that \(prefix) was forgotten, which it was not"
            }
        }
        for incarnation in outcome.closed { closed(incarnation, over: link, isClosed: true) }
        if !message.lines.isEmpty, links[link].isUp { links[link].notices.append(.acknowledges(message.serial)) }
    }

    private mutating func note(_ change: LedgerAccount.Change?, _ link: Int) {
        for (place, prefix) in rules.prefixes.enumerated() {
            links[link].truth.saidByPrefix[place] += change?.byPrefix[prefix] ?? 0
        }
    }

    // MARK: What is true

    var isComparable: Bool {
        links.allSatisfy { $0.isUp && $0.notices.isEmpty && $0.endings.isEmpty && $0.old.isEmpty && $0.new.isEmpty }
    }

    var fault: String? {
        if let mistake = mistake { return mistake }
        guard isComparable else { return nil }
        var settled = self
        return settled.settle() ?? settled.difference
    }

    /// Lets the publisher tell what it owes.
    private mutating func settle() -> String? {
        for _ in 0..<3 {
            for socket in sockets.indices where isOwed(socket) { tell(socket) }
            for link in links.indices {
                while !links[link].new.isEmpty { readNew(link) }
                while !links[link].notices.isEmpty { readNotice(link) }
            }
        }
        return mistake ?? (sockets.indices.contains { isOwed($0) } ? "the publisher does not stop to tell" : nil)
    }

    private var difference: String? {
        for (place, link) in links.enumerated() {
            for incarnation in wanted.values where !link.account.isCertain(incarnation, isLeaving: false) {
                return "at link \(place) announcement \(incarnation) is not confirmed"
            }
            if !link.truth.forgotten.isEmpty {
                return "at link \(place) nobody said that \(link.truth.forgotten) was forgotten"
            }
            if !leaving.isEmpty { return "\(leaving) are never closed" }
            var link = link
            // What nobody else wanted is told to be unknown, or was of no interest any more.
            link.truth.excuse(numbers { link.truth.givenUp.isSuperset(of: $0.counted[link.socket]) })
            let missed = link.truth.missed(of: numbers { !$0.counted[link.socket].isEmpty })
            let said = link.account.lost
            if !missed.contains(said) { return "at link \(place) \(said) are said to be lost, not \(missed)" }
            if let difference = difference(place, link) { return difference }
        }
        return nil
    }

    private func difference(_ place: Int, _ link: Link) -> String? {
        for prefix in rules.prefixes.indices where !link.truth.hasForgotten {
            let said = link.truth.saidByPrefix[prefix]
            let missed = link.truth.missed(of: numbers { longest($0.counted[link.socket]) == prefix })
            guard missed.contains(said) else {
                return "at link \(place) \(said) are said to be lost of prefix \(prefix), not \(missed)"
            }
        }
        return link.truth.saidByPrefix.reduce(0, +) == link.account.lost ? nil : "at link \(place) the sum differs"
    }

    /// Which of the prefixes of some announcements, in the order of their births, an envelope is counted at.
    private func longest(_ incarnations: [UInt64]) -> Int? {
        incarnations.map { prefix(of: $0) }.max { rules.prefixes[$0].bytes.count < rules.prefixes[$1].bytes.count }
    }
}
