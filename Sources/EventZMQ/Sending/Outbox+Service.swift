import EventCore
import EventTransport
import Synchronization

/// What the service thread does with the publishing sockets, each time for as short as it can, for publishers wait meanwhile.
extension Outbox {
    // MARK: Sockets

    /// Adds the socket of a link with a book of its own.
    func add(_ link: Link, _ socket: PublishingSocket, _ book: LedgerBook) {
        let leg = Leg(
            id: link.id,
            name: link.name,
            connects: link.connects,
            patterns: link.patterns,
            socket: socket,
            book: book
        )
        state.withLock { $0.legs.append(leg) }
    }

    /// Runs `body` on a socket, unless it is being replaced.
    func withSocket(_ id: Int, _ body: (borrowing ZMQSocket) throws(EventError) -> Void) throws(EventError) {
        try state.withLock { state throws(EventError) in
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket { try body(socket.socket) }
        }
    }

    /// Takes out a socket that is to be replaced: its monitor is stopped, and its peers are away.
    func removeSocket(_ id: Int, now: ContinuousClock.Instant) {
        state.withLock { state in
            state.sendBatch()
            guard let place = state.place(ofLeg: id) else { return }
            try? state.legs[place].socket?.socket.monitor(on: nil)
            state.legs[place].socket = nil
            state.legs[place].book.lostAllConnections(now: now)
        }
    }

    func replaceSocket(_ id: Int, by socket: PublishingSocket) {
        state.withLock { state in
            if let place = state.place(ofLeg: id) { state.legs[place].socket = socket }
        }
    }

    /// Tells buses for the last time what has been published for them: at first all, then those that have not said that
    /// they have read it, since a full queue drops it.
    ///
    /// - Returns: Whether anybody has still to say so.
    func tellLast(to everybody: Bool, now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            state.sendBatch()
            var isOwed = false
            for index in state.legs.indices {
                guard let socket = state.legs[index].socket else { continue }
                let owed = state.legs[index].book.takeDue(now, everybody: true)
                isOwed = isOwed || !owed.isEmpty
                for bus in everybody ? state.legs[index].book.inboxes : owed {
                    guard var message = state.message(to: bus, leg: index, from: origin, now: now) else { continue }
                    message.isLast = true
                    socket.tell(bus, message)
                }
            }
            return isOwed
        }
    }

    /// Stops the monitors and closes the sockets, which have so many milliseconds for what is under way.
    func removeAll(linger: Int) {
        state.withLock { state in
            state.sendBatch()
            for leg in state.legs {
                try? leg.socket?.socket.set(.linger, linger)
                try? leg.socket?.socket.monitor(on: nil)
            }
            state.legs = []
        }
    }

    /// What to poll the sockets by: never by the socket itself, which would be a use of it.
    var descriptors: [Int32] {
        state.withLock { state in state.legs.compactMap { try? $0.socket?.socket.descriptor } }
    }

    // MARK: Notices and ledgers

    /// Whether somebody has sent since the service thread last began to look.
    var isUnchecked: Bool { state.withLock { $0.isUnchecked } }

    /// Takes notices of subscriptions from a socket, until there are none or enough, and enters them in its book.
    ///
    /// - Returns: The notices, whether nothing was left, and the buses as which somebody who proved nothing has been there.
    func takeNotices(
        at id: Int,
        atMost limit: Int,
        now: ContinuousClock.Instant
    ) -> (notices: [SubscriptionNotice], isAll: Bool, displaced: [String]) {
        let (result, anyInterest) = state.withLock { state in
            var result: (notices: [SubscriptionNotice], isAll: Bool, displaced: [String]) = ([], true, [])
            state.sendBatch()
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket {
                (result.notices, result.isAll) = socket.takeNotices(atMost: limit)
                // Of a server that is connected to libzmq repeats what it says of itself.
                if !state.legs[place].connects { result.displaced = state.subscribers?.check(&result.notices) ?? [] }
                for notice in result.notices {
                    if notice.isNarrow { state.allowNoBatches() }
                    state.legs[place].book.enter(notice, at: UInt64(id), of: origin, number: state.number, now: now)
                }
                if result.isAll { state.legs[place].book.settled() }
            }
            return (result, state.legs.contains { !$0.book.isEmpty } || !state.isOpen)
        }
        // Before any answer: whoever gets one may tell a publisher to publish.
        hasInterest.store(anyInterest, ordering: .releasing)
        return result
    }

    /// Changes what is known of who has subscribed to what at a socket.
    func changeTopics(at id: Int, _ change: (inout HeldTopics) -> Void) {
        state.withLock { state in
            if let place = state.place(ofLeg: id), let socket = state.legs[place].socket { change(&socket.topics) }
        }
    }

    /// Tells buses what has been published for them, as far as it is time.
    ///
    /// - Returns: When to call again; `nil` when nobody is owed anything.
    func tellLedgers(now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let (due, next) = state.withLock { state in
            let next = state.legs.indices.compactMap { state.legs[$0].book.schedule(now) }.min()
            // Mostly nobody is to be told anything yet, and publishers wait meanwhile.
            guard let next, next <= now else { return ([(Int, String)](), next) }
            return (state.legs.indices.flatMap { i in state.legs[i].book.takeDue(now).map { (i, $0) } }, next)
        }
        guard !due.isEmpty else { return next }
        var rest = due[...]
        while !rest.isEmpty {
            // Some at a time, since publishers wait meanwhile.
            let some = rest.prefix(Self.toldAtOnce)
            rest = rest.dropFirst(Self.toldAtOnce)
            state.withLock { state in
                state.isUnchecked = true
                state.sendBatch()
                for (index, bus) in some where index < state.legs.count {
                    guard let socket = state.legs[index].socket,
                        let message = state.message(to: bus, leg: index, from: origin, now: now)
                    else { continue }
                    socket.tell(bus, message)
                }
            }
        }
        return state.withLock { state in
            state.legs.indices.compactMap { state.legs[$0].book.schedule(now) }.min()
        }
    }

    private static let toldAtOnce = 64
}

extension IdentityOwners {
    /// Takes the name of a bus from the notices of those whom it does not belong to.
    ///
    /// - Returns: The buses as which somebody has been there before who had proved nothing.
    fileprivate mutating func check(_ notices: inout [SubscriptionNotice]) -> [String] {
        var displaced: [String] = []
        for place in notices.indices {
            guard let bus = notices[place].peer?.bus, let user = notices[place].user else { continue }
            switch claim(bus, by: user) {
            case .own: break
            case .new(let displacesAnyone): if displacesAnyone { displaced.append(bus) }
            case .foreign: notices[place].isForeign = true
            }
        }
        return displaced
    }
}
