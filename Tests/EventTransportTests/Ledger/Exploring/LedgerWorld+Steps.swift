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

    func add(_ place: Int, to steps: inout [Step]) {
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
    func isNumbered(_ subject: Int) -> Bool {
        sockets.contains { socket in
            let route = socket.book.route(of: rules.subjects[subject])
            return route.isWanted || !route.entries.isEmpty
        }
    }

    func isOwed(_ socket: Int) -> Bool {
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
}
