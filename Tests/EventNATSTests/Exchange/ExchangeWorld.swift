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
    }

    struct Node {
        var machine: ExchangeStateMachine
        var books = ReceivedBooks()
        /// What the server has for it.
        var patterns: Set<Pattern> = []
        var inbound: [Parcel] = []
        var isConnected = true
        var lost = 0
        var unknown = 0
        var received = 0
        var resumed: [ExchangeStateMachine.Effects.Resumption] = []
        var events: [LinkEvent] = []
    }

    var nodes: [Node] = []
    var now = Instant.now
    /// Envelopes that were counted for a bus and have not arrived there, by publisher, subscriber and number.
    var outstanding: [[Int]: Set<UInt64>] = [:]
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
    mutating func subscribe(_ place: Int, to pattern: Pattern) -> UInt64 {
        lastID += 1
        apply(nodes[place].machine.subscribe(to: pattern, limit: nil, id: lastID, now: now), to: place)
        return lastID
    }

    mutating func release(_ place: Int, _ pattern: Pattern) {
        apply(nodes[place].machine.release(pattern, now: now), to: place)
    }

    mutating func publish(_ place: Int, on subject: Subject) {
        for (other, node) in nodes.enumerated() where other != place {
            if nodes[place].machine.book.subscribers(of: subject).contains(node.machine.bus) {
                outstanding[[place, other], default: []].insert(nodes[place].machine.number + 1)
            }
        }
        let text = Array(subject.rawValue.utf8)
        let envelope = OutgoingEnvelope(wire: text, header: [], number: 0, payload: nil)
        _ = nodes[place].machine.publish(envelope, on: subject)
    }

    /// A turn of the send thread of a bus.
    mutating func work(_ place: Int) {
        let (work, effects) = nodes[place].machine.takeWork(now: now, wantsItems: true)
        apply(effects, to: place)
        guard nodes[place].isConnected else { return }
        for note in work.notes { send(note, from: place) }
        var asked: [Pattern] = []
        for command in work.commands {
            switch command {
            case .subscribe(let pattern):
                nodes[place].patterns.insert(pattern)
                asked.append(pattern)
            case .unsubscribe(let pattern): nodes[place].patterns.remove(pattern)
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

    private mutating func send(_ note: ControlNote, from place: Int) {
        var hasArrived = false
        for other in nodes.indices where other != place && nodes[other].isConnected {
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
        for other in nodes.indices where other != place && nodes[other].isConnected {
            // A copy for each pattern, as servers do.
            for pattern in nodes[other].patterns where pattern.matches(subject) {
                nodes[other].inbound.append(
                    .envelope(number: envelope.number, subject: subject, origin: nodes[place].machine.bus)
                )
            }
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
