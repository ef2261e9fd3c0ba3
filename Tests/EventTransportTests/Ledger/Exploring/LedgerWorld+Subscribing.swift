import EventCore
import TransportSupport

@testable import EventTransport

extension LedgerWorld {
    // MARK: The subscriber

    mutating func come(_ prefix: Int) {
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
    func prefix(of incarnation: UInt64) -> Int {
        guard let prefix = prefixes[incarnation] else { fatalError("\(incarnation) was never announced") }
        return prefix
    }

    func isNeeded(_ prefix: Int) -> Bool {
        wanted[prefix] != nil || leaving.keys.contains { prefixes[$0] == prefix }
    }

    mutating func leave(_ prefix: Int) {
        budget.leaves -= 1
        guard let incarnation = wanted.removeValue(forKey: prefix) else { return }
        announcements.leave(incarnation)
        ask([.ends(.interest(incarnation, prefix: prefix))])
        leaving[incarnation] = Set(links.indices.filter { links[$0].isUp })
        if rules.wrong == .stopsListeningAtOnce { leaving[incarnation] = [] }
        if leaving[incarnation]?.isEmpty == true { release(incarnation, isClosed: true) }
    }

    /// A publisher has ended an announcement, or its connection has.
    mutating func closed(_ incarnation: UInt64, over link: Int, isClosed: Bool) {
        guard leaving[incarnation]?.remove(link) != nil, leaving[incarnation]?.isEmpty == true else { return }
        release(incarnation, isClosed: isClosed)
    }

    mutating func release(_ incarnation: UInt64, isClosed: Bool) {
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

    mutating func ask(_ notices: [Notice]) {
        for link in links.indices where links[link].isUp { links[link].notices += notices }
    }

    mutating func readNew(_ link: Int) {
        read(links[link].new.removeFirst(), link)
    }

    mutating func read(_ parcel: Parcel, _ link: Int) {
        switch parcel {
        case .envelope(let number): receive(number, link)
        case .message(let message, let connection): read(message, over: connection, link)
        }
    }

    mutating func receive(_ number: UInt64, _ link: Int) {
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

    mutating func read(_ message: LedgerMessage, over connection: Int32, _ link: Int) {
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

    mutating func note(_ change: LedgerAccount.Change?, _ link: Int) {
        for (place, prefix) in rules.prefixes.enumerated() {
            links[link].truth.saidByPrefix[place] += change?.byPrefix[prefix] ?? 0
        }
    }
}
