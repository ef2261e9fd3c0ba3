import EventCore

/// What a bus knows of the others, decides what to tell them, and orders what is sent.
///
/// It is told what happens and when, and answers with ``Effects``; what is to be sent it keeps until the send thread asks.
/// It knows no connection, so that tests can put several of them together.
struct ExchangeStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How a wait ended.
    enum Outcome: Sendable, Equatable {
        case confirmed(SubscriptionConfirmation)
        case done
        case timedOut
        case cancelled
        case closed
        case failed(EventError)
    }

    /// What is to be done by the shell, outside its lock.
    struct Effects: Sendable, Equatable {
        var resumed: [Resumption] = []
        var events: [LinkEvent] = []
        /// What has changed of what the bus wants; to be entered in the books before anybody is told.
        var changes: [InterestChange] = []
        /// From where on groups here get what the bus itself publishes; to be entered before any of it can come.
        var shares: [GroupShare] = []
        /// Buses that have said goodbye, and those at whose inbox nobody listens.
        var left: [String] = []
        var away: [String] = []

        struct Resumption: Sendable, Equatable {
            var id: UInt64
            var outcome: Outcome
        }

        mutating func resume(_ id: UInt64, with outcome: Outcome) {
            resumed.append(Resumption(id: id, outcome: outcome))
        }
    }

    /// What the send thread has to ask of the server.
    enum Command: Sendable, Hashable {
        case subscribe(Interest)
        case unsubscribe(Interest)
    }

    /// What there is to do for the send thread.
    struct Work: Sendable {
        var commands: [Command] = []
        /// What goes out at once.
        var notes: [ControlNote] = []
        /// What goes out in order.
        var items: [SendQueue.Item] = []
        /// Whether that may go out now, what was taken before as well: other buses are there, or not waited for any longer.
        var mayPublish = false
        /// When to ask again, if nothing happens before.
        var deadline: Instant?
    }

    struct PendingSubscribe: Sendable {
        var interest: Interest
        var deadline: Instant
    }

    /// How long a pattern that nobody wants any more is kept, for what is on its way.
    static let leaveTime = Duration.milliseconds(500)
    /// A presence is told in parts of so many bytes, so that each fits a message.
    static let partSize = 64 << 10
    /// How many answers wait at most to be sent; who gets none asks again, and is as likely to be nobody.
    static let maximumAnswers = 1 << 14
    /// How many buses are told one by one what this one wants; instead of more, everybody is.
    static let maximumGreeted = 16

    let bus: String
    let namespace: Namespace
    let confirmationTimeout: Duration

    var queue: SendQueue
    var book = SentBook()
    var peers = PeerList()
    var subscriptions = Subscriptions<UInt64>()
    var own = OwnInterest()
    /// The groups that this bus has told others of, and those that others have members in.
    var memberships: Set<Interest> = []
    var roster = GroupRoster()
    /// Whether the connection for groups is there.
    var sharesGroups = false
    var calls = RollCall<Interest>()
    var waits = SubscriberWaits()
    var pending: [UInt64: PendingSubscribe] = [:]
    /// The buses that want something, as far as that was told.
    var joined: Set<String> = []
    /// The parts of what buses want that have come so far.
    var parts = PresenceParts()
    /// Those who are to be told where this bus is and what it wants.
    var greeted: Set<String> = []
    var gathering: Gathering?
    var beacon: Beacon?
    var enquiries = Enquiries()
    /// What others are to be asked about when it is over: before, it is not known where they are.
    var deferred: [Interest] = []
    /// Those who wait until it is over.
    var openings: [UInt64] = []
    var number: UInt64 = 0
    var commands: [Command] = []
    var notes: [ControlNote] = []
    var server = ""
    var endpoint = ""
    var isConnected = false
    var isOpen = true

    init(bus: String, namespace: Namespace, confirmationTimeout: Duration, queue: SendQueue) {
        self.bus = bus
        self.namespace = namespace
        self.confirmationTimeout = confirmationTimeout
        self.queue = queue
    }

    // MARK: Connection

    /// The bus is connected, maybe to another server, which has all its subscriptions.
    mutating func connected(to server: String, at endpoint: String, now: Instant) -> Effects {
        (self.server, self.endpoint, isConnected) = (server, endpoint, true)
        gathering = Gathering(expected: peers.begin(), now: now)
        beacon = Beacon(of: bus, now: now)
        deferred += calls.takeAll()
        for presence in presences() {
            let reply = presence.part == 0 ? namespace.absence(of: Self.everybody, for: bus) : nil
            notes.append(ControlNote(wire: namespace.everybody, reply: reply, message: .hello(presence)))
        }
        notes += memberships.sorted().map { membershipNote($0, isIn: true, to: namespace.everybody) }
        return Effects(events: [.connected(endpoint: endpoint)])
    }

    /// Waits until the others have been heard of.
    mutating func awaitGathering(_ id: UInt64) -> Effects {
        var effects = Effects()
        if gathering == nil || !isOpen { effects.resume(id, with: .done) } else { openings.append(id) }
        return effects
    }

    mutating func disconnected(_ reason: String) -> Effects {
        guard isConnected else { return Effects() }
        isConnected = false
        (notes, greeted) = ([], [])
        return Effects(events: [.disconnected(endpoint: endpoint, reason: reason)])
    }

    /// Stands for no bus in particular.
    static let everybody = "all"

    /// Where the bus is and what it wants, in as many parts as that takes.
    func presences() -> [Presence] {
        var parts: [[Pattern]] = [[]]
        var size = 0
        for pattern in own.patterns {
            if size > Self.partSize {
                parts.append([])
                size = 0
            }
            size += pattern.rawValue.utf8.count + 2
            parts[parts.count - 1].append(pattern)
        }
        return parts.enumerated().map { index, patterns in
            Presence(
                bus: bus,
                server: server,
                endpoint: endpoint,
                version: own.version,
                patterns: patterns,
                part: UInt64(index),
                parts: UInt64(parts.count)
            )
        }
    }

    // MARK: Publishing

    /// Numbers an envelope, counts it for those who want it, and puts it behind the others.
    ///
    /// - Returns: Whether there was room for it.
    mutating func publish(_ envelope: OutgoingEnvelope, on subject: Subject) -> SendQueue.Answer {
        number += 1
        book.count(subject)
        var envelope = envelope
        envelope.number = number
        return queue.add(envelope)
    }

    // MARK: Waiting for subscribers

    mutating func awaitSubscribers(
        _ subject: Subject,
        count: Int,
        timeout: Duration,
        id: UInt64,
        now: Instant
    ) -> Effects {
        var effects = Effects()
        guard isOpen else {
            effects.resume(id, with: .closed)
            return effects
        }
        waits.add(id, subject: subject, count: count, deadline: now.advanced(by: timeout))
        checkWaits(&effects)
        return effects
    }

    mutating func checkWaits(_ effects: inout Effects) {
        guard !waits.isEmpty, isConnected else { return }
        var book = book
        let (peers, roster) = (peers, roster)
        let fulfilled = waits.takeFulfilled { subject in
            roster.subscribers(of: subject).union(book.subscribers(of: subject)).count { peers.isPresent($0) }
        }
        for id in fulfilled { effects.resume(id, with: .done) }
    }

    // MARK: Subscribing

    mutating func subscribe(to interest: Interest, limit: Duration?, id: UInt64, now: Instant) -> Effects {
        var effects = Effects()
        guard isOpen else {
            effects.resume(id, with: .closed)
            return effects
        }
        if interest.group != nil, !subscriptions.isWanted(interest) { effects.shares.append(firstShare(of: interest)) }
        pending[id] = PendingSubscribe(interest: interest, deadline: now.advanced(by: limit ?? confirmationTimeout))
        switch subscriptions.add(interest, id) {
        case .ask: commands.append(.subscribe(interest))
        case .announce: announce([interest], now, &effects)
        case .wait: break
        case .settled:
            pending[id] = nil
            effects.resume(id, with: .confirmed(SubscriptionConfirmation(confirmed: confirmedByAll)))
        }
        return effects
    }

    private var confirmedByAll: [String] { [endpoint] + peers.servers(except: server).map(\.endpoint) }

    /// The server has what the bus wants, and others are to be told.
    mutating func effective(_ interests: [Interest], now: Instant) -> Effects {
        var effects = Effects()
        var wanted: [Interest] = []
        for interest in interests {
            if subscriptions.becomesEffective(interest) {
                wanted.append(interest)
            } else {
                commands.append(.unsubscribe(interest))
            }
        }
        announce(wanted, now, &effects)
        return effects
    }

    /// Tells others of what the server has, and asks on each of their servers whether that has it, too.
    private mutating func announce(_ interests: [Interest], _ now: Instant, _ effects: inout Effects) {
        guard !interests.isEmpty else { return }
        for interest in interests {
            guard interest.group == nil else {
                tellMembership(interest, isIn: true)
                continue
            }
            guard let change = own.change(interest.pattern, isWanted: true) else { continue }
            effects.changes.append(change)
            notes.append(
                ControlNote(wire: namespace.everybody, reply: nil, message: .changed(bus: bus, change))
            )
        }
        guard gathering == nil else {
            deferred += interests
            return
        }
        call(interests, now, &effects)
    }

    /// Asks on each of the other servers whether that has what the own one has, too.
    mutating func call(_ interests: [Interest], _ now: Instant, _ effects: inout Effects) {
        let (questions, done) = calls.begin(
            interests,
            own: endpoint,
            servers: peers.servers(except: server),
            now: now,
            deadline: now.advanced(by: confirmationTimeout)
        )
        ask(questions)
        if let done { end(done, &effects) }
    }

    mutating func ask(_ questions: [RollCall<Interest>.Question]) {
        for question in questions {
            notes.append(
                ControlNote(
                    wire: namespace.inbox(of: question.bus),
                    reply: namespace.absence(of: question.bus, for: bus),
                    message: .question(bus: bus, token: question.token)
                )
            )
        }
    }

    mutating func end(_ call: RollCall<Interest>.Outcome, _ effects: inout Effects) {
        for interest in call.waiters { settle(interest, confirmed: call.confirmed, missing: call.missing, &effects) }
    }

    private mutating func settle(
        _ interest: Interest,
        confirmed: [String],
        missing: [String],
        _ effects: inout Effects
    ) {
        let confirmation = SubscriptionConfirmation(confirmed: confirmed, missing: missing)
        for id in subscriptions.settle(interest) {
            guard pending.removeValue(forKey: id) != nil else { continue }
            effects.resume(id, with: .confirmed(confirmation))
            if !missing.isEmpty { effects.events.append(.unconfirmed(pattern: interest.pattern, missing: missing)) }
        }
    }

    /// The server has refused what the bus wants, in its own words.
    mutating func refused(_ interest: Interest, _ error: EventError) -> Effects {
        var effects = Effects()
        for id in subscriptions.refuse(interest) where pending.removeValue(forKey: id) != nil {
            effects.resume(id, with: .failed(error))
        }
        return effects
    }

    /// A subscription has ended.
    mutating func release(_ interest: Interest, now: Instant) -> Effects {
        // Nobody counts for a group; and what comes for one without members here is kept from those elsewhere.
        let end = interest.group == nil ? now + Self.leaveTime : now
        guard isOpen, subscriptions.remove(interest, until: end) else { return Effects() }
        guard interest.group == nil else {
            tellMembership(interest, isIn: false)
            return Effects()
        }
        guard let change = own.change(interest.pattern, isWanted: false) else { return Effects() }
        notes.append(ControlNote(wire: namespace.everybody, reply: nil, message: .changed(bus: bus, change)))
        return Effects(changes: [change])
    }

    /// Asks buses whether they are there, of which nothing was heard for a while.
    mutating func probe(_ others: [String]) {
        guard isConnected else { return }
        ask(others.map { RollCall<Interest>.Question(bus: $0, token: 0) })
    }

    /// A task that waits was cancelled.
    mutating func cancel(_ id: UInt64) -> Effects {
        var effects = Effects()
        if pending.removeValue(forKey: id) != nil || waits.remove(id) { effects.resume(id, with: .cancelled) }
        return effects
    }

    /// Nothing is published or subscribed to any more.
    mutating func close() -> Effects {
        var effects = Effects()
        isOpen = false
        for id in pending.keys.sorted() { effects.resume(id, with: .closed) }
        for id in waits.takeAll() + openings { effects.resume(id, with: .closed) }
        (pending, openings) = ([:], [])
        return effects
    }
}
