import EventCore
import EventTransport
import TransportSupport

@testable import EventZMQ

/// A few peers, the pipes over which they talk to publishing sockets, what libzmq makes of it, and a table that reads
/// the notices: everything that can happen next can be tried.
struct PeerWorld: Hashable {
    /// Who makes a connection, and what is sent over it.
    struct Peer: Hashable {
        /// The bus that announces itself; `nil` for a plain socket.
        var bus: String?
        /// What the connection says of itself.
        var identity: String?
        var socket: Int
        /// What is sent at first; when the connection is made again, what is left of it comes in order.
        var script: [Message]
        var connections = 2
    }

    enum Message: Hashable {
        case begin(PeerTable.Notice)
        case end(PeerTable.Notice)
    }

    /// Something to be read from a socket.
    private struct Unread: Hashable {
        var message: Message
        var peer: Int
        var isNamed: Bool
    }

    /// One end of a pipe.
    private struct Pipe: Hashable {
        var script: [Message]
        var sent = 0
        /// What libzmq has on record for it.
        var topics: Set<PeerTable.Notice> = []
        var connectionsLeft: Int

        var isFinished: Bool { sent == script.count }
    }

    enum Step: Hashable {
        /// The next message of a peer arrives.
        case deliver(Int)
        /// The connection of a peer ends; what was under way is lost.
        case cut(Int)
        case read(Int)
        case settle(Int)
    }

    let peers: [Peer]
    var table = PeerTable()
    private var pipes: [Pipe]
    private var unread: [Int: [Unread]] = [:]
    private var unsettled: Set<Int> = []
    /// Whether a plain socket went while a bus at the same place had not yet announced what both had subscribed to:
    /// nobody can tell from what libzmq says which of them it was.
    private var isAmbiguous = false
    /// The first thing that was wrong.
    private(set) var fault: String?

    private static let subjects: [Subject] = ["a.x", "a.b.x"]
    /// So many notices lie unread when nothing more is delivered.
    private static let maximumUnread = 2

    init(_ peers: [Peer]) {
        self.peers = peers
        pipes = peers.map { Pipe(script: $0.script, connectionsLeft: $0.connections - 1) }
    }

    static func == (left: PeerWorld, right: PeerWorld) -> Bool {
        left.pipes == right.pipes && left.unread == right.unread && left.unsettled == right.unsettled
            && left.table == right.table && left.isAmbiguous == right.isAmbiguous
    }

    /// Feeds what can change to a hasher.
    func hash(into hasher: inout Hasher) {
        hasher.combine(pipes)
        hasher.combine(unread)
        hasher.combine(unsettled)
        hasher.combine(table)
        hasher.combine(isAmbiguous)
    }

    // MARK: Steps

    var steps: [Step] {
        var steps: [Step] = []
        for (place, pipe) in pipes.enumerated() {
            let socket = peers[place].socket
            if !pipe.isFinished, (unread[socket] ?? []).count < Self.maximumUnread { steps.append(.deliver(place)) }
            if pipe.connectionsLeft >= 0 { steps.append(.cut(place)) }
        }
        for socket in unread.keys.sorted() { steps.append(.read(socket)) }
        for socket in unsettled.sorted() where unread[socket] == nil { steps.append(.settle(socket)) }
        return steps
    }

    mutating func perform(_ step: Step) {
        let before = Self.subjects.map { table.count(of: $0, upTo: .max, except: "") }
        switch step {
        case .deliver(let peer): deliver(peer)
        case .cut(let peer): cut(peer)
        case .read(let socket): read(socket)
        case .settle(let socket):
            unsettled.remove(socket)
            table.settled(socket)
        }
        check(before)
    }

    private mutating func deliver(_ peer: Int) {
        let message = pipes[peer].script[pipes[peer].sent]
        pipes[peer].sent += 1
        switch message {
        case .begin(let notice): pipes[peer].topics.insert(notice)
        case .end(let notice): pipes[peer].topics.remove(notice)
        }
        unread[peers[peer].socket, default: []].append(Unread(message: message, peer: peer, isNamed: true))
    }

    private mutating func cut(_ peer: Int) {
        if peers[peer].bus == nil, pipes[peer].topics.contains(where: { isUnannounced($0, at: peers[peer].socket) }) {
            isAmbiguous = true
        }
        for notice in pipes[peer].topics.sorted() {
            let ending = Unread(message: .end(notice), peer: peer, isNamed: false)
            unread[peers[peer].socket, default: []].append(ending)
        }
        let wanted = peers[peer].script.reduce(into: Set<PeerTable.Notice>()) { wanted, message in
            switch message {
            case .begin(let notice): wanted.insert(notice)
            case .end(let notice): wanted.remove(notice)
            }
        }
        let left = pipes[peer].connectionsLeft
        let script: [Message] = left > 0 ? wanted.sorted().map { .begin($0) } : []
        pipes[peer] = Pipe(script: script, connectionsLeft: left - 1)
    }

    private func isUnannounced(_ notice: PeerTable.Notice, at socket: Int) -> Bool {
        guard case .prefix(let prefix) = notice else { return false }
        return peers.indices.contains { place in
            guard let bus = peers[place].bus, peers[place].socket == socket else { return false }
            let topics = pipes[place].topics
            guard topics.contains(notice) else { return false }
            guard prefix.isPlain else { return !topics.contains(.interest(bus: bus, prefix: prefix)) }
            // What is asked for in plain is not announced, but whoever has announced anything is known.
            return !topics.contains { if case .interest(bus, _) = $0 { true } else { false } }
        }
    }

    private mutating func read(_ socket: Int) {
        guard let next = unread[socket]?.removeFirst() else { return }
        if unread[socket]?.isEmpty == true { unread[socket] = nil }
        unsettled.insert(socket)
        let identity = next.isNamed ? peers[next.peer].identity : nil
        switch next.message {
        case .begin(let notice): _ = table.subscribed(notice, at: socket, by: identity)
        case .end(let notice): _ = table.unsubscribed(notice, at: socket, by: identity, isNamed: next.isNamed)
        }
    }

    // MARK: What must be true

    private mutating func check(_ before: [Int]) {
        let changed = table.takeChanged()
        for (subject, before) in zip(Self.subjects, before) {
            let count = table.count(of: subject, upTo: .max, except: "")
            if count > bound(subject) { fault = "\(subject): counts \(count) of \(bound(subject))" }
            if isQuiet, !hasPretender, count != truth(subject) {
                fault = "\(subject): counts \(count), not \(truth(subject)), in the end"
            }
            if count != before, !changed.contains(where: { $0.covers(subject) }) {
                fault = "\(subject): changes untold"
            }
        }
        if isQuiet, pipes.allSatisfy(\.topics.isEmpty), !table.slots.isEmpty { fault = "remembers who is gone" }
    }

    /// Whether somebody announces in another's name: then it may be counted too little.
    private var hasPretender: Bool { peers.contains { $0.identity != nil && $0.bus != $0.identity } }

    private var isQuiet: Bool { unread.isEmpty && unsettled.isEmpty && pipes.allSatisfy(\.isFinished) }

    /// How many peers count for a subject when all has been read.
    private func truth(_ subject: Subject) -> Int {
        count(subject) { pipes[$0].topics.contains($1) }
    }

    /// How many peers may count: those with a subscription, and an announcement, that is on record, or whose end is
    /// still to be read.
    private func bound(_ subject: Subject) -> Int {
        let mayHave: (Int, PeerTable.Notice) -> Bool = { peer, notice in
            pipes[peer].topics.contains(notice)
                || unread[peers[peer].socket, default: []].contains { $0.peer == peer && $0.message == .end(notice) }
        }
        // A bus that does not say on its connections who it is counts by each prefix until that is announced.
        let isUnnamed = peers.contains { $0.bus != nil && $0.identity == nil }
        guard isUnnamed || isAmbiguous else { return count(subject, mayHave) }
        return pipes.indices.reduce(0) { sum, peer in
            let count = prefixes(subject).count { mayHave(peer, .prefix($0)) }
            return sum + (isUnnamed ? count : min(count, 1))
        }
    }

    private func count(_ subject: Subject, _ has: (Int, PeerTable.Notice) -> Bool) -> Int {
        var buses: Set<String> = []
        var plain: [Int: [WirePrefix: Int]] = [:]
        for (place, peer) in peers.enumerated() {
            for prefix in prefixes(subject) where has(place, .prefix(prefix)) {
                guard let bus = peer.bus else {
                    plain[peer.socket, default: [:]][prefix, default: 0] += 1
                    continue
                }
                if peer.identity ?? bus == bus, has(place, .interest(bus: bus, prefix: prefix)) { buses.insert(bus) }
            }
        }
        return buses.count + plain.values.reduce(0) { $0 + ($1.values.max() ?? 0) }
    }

    private func prefixes(_ subject: Subject) -> [WirePrefix] {
        (["a.", "a.b."] as [WirePrefix]).flatMap { [$0.plain, $0] }.filter { $0.covers(subject) }
    }
}

extension PeerTable.Notice: Comparable {
    /// Whether the left one's topic comes first.
    static func < (left: PeerTable.Notice, right: PeerTable.Notice) -> Bool {
        left.topic.lexicographicallyPrecedes(right.topic)
    }

    private var topic: [UInt8] {
        switch self {
        case .prefix(let prefix): prefix.topic
        case .interest(let bus, let prefix): ControlTopic.interest(bus: bus, incarnation: 1, prefix: prefix).bytes
        case .presence(let bus): ControlTopic.presence(bus: bus).bytes
        }
    }
}
