import EventCore
import Foundation

@testable import EventNATS

/// Buses and the server between them, without a connection: what one sends reaches the others in order, unless it is lost.
struct ExchangeWorld {
    typealias Instant = ContinuousClock.Instant

    /// What is on its way to a bus.
    enum Parcel {
        case note(ControlMessage)
        case absent(String)
        case envelope(number: UInt64, subject: Subject, origin: String)
        /// What the server has chosen this bus for.
        case share(number: UInt64, origin: String, Interest, isServed: Bool)
    }

    struct Node {
        var machine: ExchangeStateMachine
        var books = ReceivedBooks()
        /// What the server has for it.
        var interests: Set<Interest> = []
        var inbound: [Parcel] = []
        var isConnected = true
        var lost = 0
        var unknown = 0
        var received = 0
        /// How many members it has in each group.
        var members: [Interest: Int] = [:]
        /// Up to which of its own envelopes none is for them.
        var shares: [Interest: UInt64] = [:]
        var resumed: [ExchangeStateMachine.Effects.Resumption] = []
        var events: [LinkEvent] = []
    }

    var nodes: [Node] = []
    var now = Instant.now
    /// Envelopes that were counted for a bus and have not arrived there, by publisher, subscriber and number.
    var outstanding: [[Int]: Set<UInt64>] = [:]
    /// How often each envelope has come to a member of a group, or to where its last member has gone meanwhile.
    var shares: [Share: Int] = [:]
    /// Those that have come where the last member had gone.
    var strays: Set<Share> = []
    private var turn = 0
    /// The buses whose server has lost its way to the others.
    var partition: Set<Int> = []

    struct Share: Hashable {
        var interest: Interest
        var origin: String
        var number: UInt64
    }
    /// What has happened, for a test that fails.
    var story: [String] = []
    private var lastID: UInt64 = 0

    init(count: Int) throws {
        for _ in 0..<count { try add() }
        run()
    }

    mutating func add() throws {
        let machine = ExchangeStateMachine(
            bus: Envelope(subject: "x").id,
            namespace: try Namespace(nil),
            confirmationTimeout: .seconds(2),
            queue: SendQueue(capacity: 1000, byteCapacity: 1 << 20)
        )
        nodes.append(Node(machine: machine))
        connect(nodes.count - 1)
    }

    mutating func connect(_ place: Int, to server: String = "A") {
        nodes[place].isConnected = true
        nodes[place].machine.groupsAreConnected(true)
        apply(nodes[place].machine.connected(to: server, at: "nats://\(server)", now: now), to: place)
    }

    /// The connection of a bus breaks, and what is on its way there is lost.
    mutating func disconnect(_ place: Int) {
        story.append("\(place) is cut off")
        nodes[place].isConnected = false
        nodes[place].inbound = []
        apply(nodes[place].machine.disconnected("cut"), to: place)
    }

    private mutating func apply(_ effects: ExchangeStateMachine.Effects, to place: Int) {
        for change in effects.changes {
            story.append("\(place) wants \(change)")
            nodes[place].books.changed(change)
        }
        for share in effects.shares { nodes[place].shares[share.interest] = share.after }
        for other in effects.left { tell(nodes[place].books.left(other).map { [$0] } ?? [], at: place) }
        for other in effects.away { nodes[place].books.isAway(other, now: now) }
        nodes[place].resumed += effects.resumed
        nodes[place].events += effects.events
    }

    private mutating func tell(_ reports: [ReceivedBooks.Report], at place: Int) {
        for report in reports {
            story.append("\(place) tells \(report)")
            if let count = report.lost { nodes[place].lost += count } else { nodes[place].unknown += 1 }
        }
    }

    // MARK: What buses do

    @discardableResult
    mutating func subscribe(_ place: Int, to pattern: Pattern, group: String? = nil) -> UInt64 {
        lastID += 1
        let interest = Interest(pattern, group: group)
        if group != nil { nodes[place].members[interest, default: 0] += 1 }
        apply(nodes[place].machine.subscribe(to: interest, limit: nil, id: lastID, now: now), to: place)
        return lastID
    }

    mutating func release(_ place: Int, _ pattern: Pattern, group: String? = nil) {
        let interest = Interest(pattern, group: group)
        if let count = nodes[place].members[interest] { nodes[place].members[interest] = count > 1 ? count - 1 : nil }
        apply(nodes[place].machine.release(interest, now: now), to: place)
    }

    mutating func publish(_ place: Int, on subject: Subject) {
        for (other, node) in nodes.enumerated() where other != place {
            if nodes[place].machine.book.subscribers(of: subject).contains(node.machine.bus) {
                outstanding[[place, other], default: []].insert(nodes[place].machine.number + 1)
            }
        }
        let text = Array(subject.rawValue.utf8)
        var envelope = OutgoingEnvelope(wire: text, header: [], number: 0, payload: nil)
        let served = nodes[place].members.keys.filter {
            $0.pattern.matches(subject) && !nodes[place].machine.isShared($0)
        }
        for interest in served {
            share(interest, of: nodes[place].machine.bus, nodes[place].machine.number + 1)
        }
        let queues = served.compactMap { nodes[place].machine.namespace.queue(of: $0) }
        if !queues.isEmpty { envelope.mark = GroupMark.text(of: queues) }
        _ = nodes[place].machine.publish(envelope, on: subject)
    }

    private mutating func share(_ interest: Interest, of origin: String, _ number: UInt64) {
        shares[Share(interest: interest, origin: origin, number: number), default: 0] += 1
    }

    /// A turn of the send thread of a bus.
    mutating func work(_ place: Int) {
        let (work, effects) = nodes[place].machine.takeWork(now: now, wantsItems: true)
        apply(effects, to: place)
        guard nodes[place].isConnected else { return }
        for note in work.notes { send(note, from: place) }
        var asked: [Interest] = []
        for command in work.commands {
            switch command {
            case .subscribe(let interest):
                nodes[place].interests.insert(interest)
                asked.append(interest)
            case .unsubscribe(let interest): nodes[place].interests.remove(interest)
            }
        }
        if !asked.isEmpty { apply(nodes[place].machine.effective(asked, now: now), to: place) }
        for item in work.items {
            switch item {
            case .note(let note): send(note, from: place)
            case .envelope(let envelope): send(envelope, from: place)
            }
        }
    }

    private func isReached(_ other: Int, from place: Int) -> Bool {
        other != place && nodes[other].isConnected && partition.contains(other) == partition.contains(place)
    }

    private mutating func send(_ note: ControlNote, from place: Int) {
        var hasArrived = false
        for other in nodes.indices where isReached(other, from: place) {
            let machine = nodes[other].machine
            guard note.wire == machine.namespace.everybody || note.wire == machine.namespace.inbox(of: machine.bus)
            else {
                continue
            }
            nodes[other].inbound.append(.note(note.message))
            hasArrived = true
        }
        guard !hasArrived, let reply = note.reply else { return }
        let bus = String(decoding: reply.dropLast(), as: UTF8.self).split(separator: ".").last.map(String.init) ?? ""
        nodes[place].inbound.append(.absent(bus))
    }

    private mutating func send(_ envelope: OutgoingEnvelope, from place: Int) {
        nodes[place].machine.queue.sent(1, bytes: envelope.size)
        story.append("\(place) sends \(envelope.number)")
        guard let subject = try? Subject(validating: String(decoding: envelope.wire, as: UTF8.self)) else { return }
        for other in nodes.indices where isReached(other, from: place) {
            // A copy for each pattern, as servers do.
            for interest in nodes[other].interests where interest.group == nil && interest.pattern.matches(subject) {
                nodes[other].inbound.append(
                    .envelope(number: envelope.number, subject: subject, origin: nodes[place].machine.bus)
                )
            }
        }
        share(envelope, on: subject, from: nodes[place].machine.bus)
    }

    /// For each group the server chooses one of those with members, the publisher as well.
    private mutating func share(_ envelope: OutgoingEnvelope, on subject: Subject, from origin: String) {
        let interests = nodes.reduce(into: Set<Interest>()) { all, node in
            all.formUnion(node.interests.filter { $0.group != nil && $0.pattern.matches(subject) })
        }
        for interest in interests.sorted() {
            let choices = nodes.indices.filter { nodes[$0].isConnected && nodes[$0].interests.contains(interest) }
            guard !choices.isEmpty, let queue = nodes[0].machine.namespace.queue(of: interest) else { continue }
            turn += 1
            let mark = Array((envelope.mark ?? [0]).dropLast())
            let isServed = GroupMark.names(queue, in: mark.span)
            nodes[choices[turn % choices.count]].inbound.append(
                .share(number: envelope.number, origin: origin, interest, isServed: isServed)
            )
        }
    }

    /// A bus reads what has come first.
    mutating func read(_ place: Int) {
        guard !nodes[place].inbound.isEmpty else { return }
        switch nodes[place].inbound.removeFirst() {
        case .note(.ledger(let lines)):
            story.append("\(place) reads \(lines) at version \(nodes[place].books.own.version)")
            tell(nodes[place].books.read(lines, now: now), at: place)
            apply(nodes[place].machine.heard(.ledger(lines), now: now), to: place)
        case .note(let message): apply(nodes[place].machine.heard(message, now: now), to: place)
        case .share(let number, let origin, let interest, let isServed):
            let isOwn = origin == nodes[place].machine.bus
            guard !isServed, !isOwn || number > nodes[place].shares[interest] ?? 0 else { return }
            share(interest, of: origin, number)
            guard nodes[place].members[interest] == nil else { return }
            strays.insert(Share(interest: interest, origin: origin, number: number))
        case .absent(let bus): apply(nodes[place].machine.absent(bus, now: now), to: place)
        case .envelope(let number, let subject, let origin):
            let isCurrent = nodes[place].books.own.patterns.contains { $0.matches(subject) }
            let (isFirst, report) = nodes[place].books.arrived(number, on: subject, from: origin, isCurrent: isCurrent)
            story.append("\(place) gets \(number) of \(origin) first \(isFirst) current \(isCurrent)")
            if let report { tell([report], at: place) }
            guard isFirst else { return }
            nodes[place].received += 1
            if let publisher = nodes.firstIndex(where: { $0.machine.bus == origin }) {
                outstanding[[publisher, place]]?.remove(number)
            }
        }
    }

    /// Loses what a bus would have read next, such as when its buffer in the library is full.
    mutating func lose(_ place: Int) {
        story.append("\(place) loses \(String(describing: nodes[place].inbound.first))")
        if !nodes[place].inbound.isEmpty { nodes[place].inbound.removeFirst() }
    }

    /// Lets time pass until nobody has anything to say any more.
    mutating func run(_ duration: Duration = .seconds(2)) {
        let end = now + duration
        while now < end {
            for place in nodes.indices {
                work(place)
                while !nodes[place].inbound.isEmpty { read(place) }
            }
            now += .milliseconds(10)
        }
    }

    /// How many envelopes were counted for a bus and have not arrived.
    func missing(at place: Int) -> Int {
        outstanding.filter { $0.key[1] == place }.values.reduce(0) { $0 + $1.count }
    }
}
