import EventCore
import TransportSupport

@testable import EventTransport
@testable import EventZMQ

/// A subscriber that waits for confirmations, two publishers, and what lies between them: monitors that tell of
/// connections sooner or later, and pipes that drop messages.
struct ReadinessWorld: Hashable {
    /// Whether the subscriber connects to each publisher, or both connect to it.
    enum Shape: String {
        case connects, isBound
    }

    struct Budget: Hashable {
        var breaks = 0
        var resends = 0
    }

    enum Topic: Hashable, Comparable {
        case prefix(Int)
        case inbox
        case interest(Int)
        case presence
    }

    enum Notice: Hashable {
        case begins(Topic)
        case acknowledges(UInt64, over: Int32)
    }

    /// What a monitor tells, and of which connection, which it does not say.
    struct Happening: Hashable {
        var event: MonitorEvent
        var connection: Int32
    }

    struct Message: Hashable {
        var message: LedgerMessage
        var connection: Int32
    }

    struct Publisher: Hashable {
        var link: Int
        var book = LedgerBook(retention: .seconds(30), retentionBytes: 10_000)
        var isFresh = false
        /// Its connection while there is one, and what the publisher has read of its subscriptions.
        var connection: Int32?
        var topics: [Topic] = []
        var notices: [Notice] = []
        var endings: [[Topic]] = []
        var old: [Message] = []
        var new: [Message] = []
        var account = LedgerAccount()
    }

    enum Step {
        case connect(publisher: Int)
        case cut(publisher: Int, keeping: Int)
        case readNotice(publisher: Int)
        case noticeEnd(publisher: Int)
        case tell(publisher: Int)
        case readOld(publisher: Int)
        case readNew(publisher: Int)
        case readMonitor(link: Int)
        case subscribe(prefix: Int)
    }

    static let bus = "subscriber"
    static let now = ContinuousClock.now
    static let prefixes: [WirePrefix] = [.text("a."), .text("b.")]
    static let subjects: [Subject] = ["a.x", "b.x"]

    let shape: Shape
    let prefixCount: Int
    var budget: Budget
    var publishers: [Publisher]
    var lastConnection: Int32 = 0
    var monitors: [[Happening]]
    /// The connections that the subscriber knows to be established.
    var known: Set<Int32> = []
    var tables: [ConnectionTable]
    var machine = ConfirmationStateMachine<Int>(timeout: .seconds(2), now: now)
    /// How many prefixes have been subscribed to; each is announced with the number behind its own.
    var subscribed = 0
    var resumed: Set<Int> = []
    var mistake: String?

    init(_ shape: Shape, prefixes: Int, _ budget: Budget) {
        self.shape = shape
        prefixCount = prefixes
        self.budget = budget
        let links = shape == .connects ? [0, 1] : [0, 0]
        publishers = links.map { Publisher(link: $0) }
        monitors = [[Happening]](repeating: [], count: Set(links).count)
        tables = [ConnectionTable](repeating: ConnectionTable(), count: monitors.count)
        for link in monitors.indices { machine.add(link, connects: shape == .connects) }
    }
}

extension ReadinessWorld: Explorable {
    // MARK: What can happen

    var steps: [Step] {
        var steps: [Step] = []
        if subscribed < prefixCount { steps.append(.subscribe(prefix: subscribed)) }
        for link in monitors.indices where !monitors[link].isEmpty { steps.append(.readMonitor(link: link)) }
        for (place, publisher) in publishers.enumerated() {
            if publisher.connection == nil {
                steps.append(.connect(publisher: place))
            } else if budget.breaks > 0 {
                steps += (0...publisher.new.count).map { .cut(publisher: place, keeping: $0) }
            }
            if !publisher.notices.isEmpty { steps.append(.readNotice(publisher: place)) }
            if !publisher.endings.isEmpty { steps.append(.noticeEnd(publisher: place)) }
            if isOwed(place), publisher.isFresh || budget.resends > 0 { steps.append(.tell(publisher: place)) }
            if !publisher.old.isEmpty { steps.append(.readOld(publisher: place)) }
            if !publisher.new.isEmpty { steps.append(.readNew(publisher: place)) }
        }
        return steps
    }

    private func isOwed(_ place: Int) -> Bool {
        var book = publishers[place].book
        return !book.takeDue(Self.now, everybody: true).isEmpty
    }

    mutating func take(_ step: Step) {
        switch step {
        case .connect(let place): connect(place)
        case .cut(let place, let count): cut(place, count)
        case .readNotice(let place): readNotice(place)
        case .noticeEnd(let place): for topic in publishers[place].endings.removeFirst() { end(topic, place) }
        case .tell(let place):
            if !publishers[place].isFresh { budget.resends -= 1 }
            tell(place)
        case .readOld(let place): read(publishers[place].old.removeFirst(), place)
        case .readNew(let place): read(publishers[place].new.removeFirst(), place)
        case .readMonitor(let link): readMonitor(link)
        case .subscribe(let prefix): subscribe(prefix)
        }
    }

    // MARK: Connections

    private mutating func connect(_ place: Int) {
        lastConnection += 1
        publishers[place].connection = lastConnection
        monitors[publishers[place].link] += [.opened(lastConnection), .established].map {
            Happening(event: $0, connection: lastConnection)
        }
        let prefixes = 0..<subscribed
        let topics = prefixes.map { Topic.prefix($0) } + [.inbox] + prefixes.map { .interest($0) } + [.presence]
        publishers[place].notices = topics.map { .begins($0) }
    }

    private mutating func cut(_ place: Int, _ count: Int) {
        guard let connection = publishers[place].connection else { return }
        budget.breaks -= 1
        let end = Happening(event: .disconnected(connection), connection: connection)
        monitors[publishers[place].link].append(end)
        publishers[place].connection = nil
        publishers[place].endings.append(publishers[place].topics)
        publishers[place].topics = []
        publishers[place].notices = []
        publishers[place].old += publishers[place].new.prefix(count)
        publishers[place].new = []
    }

    // MARK: Publishers

    private mutating func readNotice(_ place: Int) {
        switch publishers[place].notices.removeFirst() {
        case .begins(let topic):
            publishers[place].topics.append(topic)
            begin(topic, place)
        case .acknowledges(let serial, let connection):
            publishers[place].book.acknowledged(by: Self.bus, serial: serial, over: connection)
        }
    }

    private mutating func begin(_ topic: Topic, _ place: Int) {
        switch topic {
        case .prefix(let prefix): publishers[place].book.subscribed(Self.prefixes[prefix], by: nil)
        case .inbox:
            publishers[place].book.opened(inboxOf: Self.bus, now: Self.now)
            publishers[place].isFresh = true
        case .interest(let prefix):
            publishers[place].book.announced(
                Self.prefixes[prefix],
                by: Self.bus,
                incarnation: UInt64(prefix + 1),
                now: Self.now
            )
            publishers[place].isFresh = true
        case .presence: publishers[place].book.isComplete(Self.bus, now: Self.now)
        }
    }

    private mutating func end(_ topic: Topic, _ place: Int) {
        switch topic {
        case .prefix(let prefix): publishers[place].book.unsubscribed(Self.prefixes[prefix], by: nil)
        case .inbox: publishers[place].book.closed(inboxOf: Self.bus, now: Self.now)
        case .interest(let prefix):
            publishers[place].book.withdrawn(
                by: Self.bus,
                incarnation: UInt64(prefix + 1),
                isGivenUp: false,
                now: Self.now
            )
        case .presence: break
        }
    }

    private mutating func tell(_ place: Int) {
        publishers[place].isFresh = false
        let message = publishers[place].book.message(
            to: Self.bus,
            from: "publisher\(place)",
            socket: 0,
            number: 0,
            now: Self.now
        )
        guard let message else { return mistake = "a bus that is owed something is not told" }
        guard publishers[place].topics.contains(.inbox), publishers[place].new.isEmpty,
            let connection = publishers[place].connection
        else { return }
        publishers[place].new.append(Message(message: message, connection: connection))
    }

    // MARK: The subscriber

    private mutating func subscribe(_ prefix: Int) {
        subscribed += 1
        for place in publishers.indices where publishers[place].connection != nil {
            publishers[place].notices += [.begins(.prefix(prefix)), .begins(.interest(prefix))]
        }
        let incarnation = UInt64(prefix + 1)
        perform(machine.wait(prefix, id: incarnation, incarnation: incarnation, limit: nil, now: Self.now))
    }

    private mutating func readMonitor(_ link: Int) {
        let (event, connection) = (monitors[link][0].event, monitors[link][0].connection)
        monitors[link].removeFirst()
        if case .established = event { known.insert(connection) }
        if case .disconnected = event { known.remove(connection) }
        _ = tables[link].handle(event)
        if case .disconnected(let connection) = event { perform(machine.disconnected(connection, on: link)) }
        perform(machine.established(tables[link].established, on: link, now: Self.now))
    }

    private mutating func read(_ message: Message, _ place: Int) {
        let link = publishers[place].link
        if !tables[link].hasSent(message.connection) {
            while !monitors[link].isEmpty { readMonitor(link) }
        }
        guard tables[link].isOpen(message.connection) else { return }
        if tables[link].received(over: message.connection, from: .init()) != nil {
            perform(machine.established(tables[link].established, on: link, now: Self.now))
        }
        let reading = publishers[place].account.read(message.message, over: message.connection) {
            .init(prefix: Self.prefixes[Int($0) - 1])
        }
        guard case .current(let outcome) = reading else { return }
        perform(machine.greeted(by: message.message.origin, on: link, over: message.connection))
        perform(machine.confirmed(outcome.confirmed, on: link, over: message.connection))
        guard !message.message.lines.isEmpty, let connection = publishers[place].connection else { return }
        publishers[place].notices.append(.acknowledges(message.message.serial, over: connection))
    }

    private mutating func perform(_ actions: [ConfirmationStateMachine<Int>.Action]) {
        for case .resume(let prefix, _, let missing) in actions {
            if !resumed.insert(prefix).inserted { mistake = "\(prefix) was resumed twice" }
            if !missing.isEmpty { mistake = "\(prefix) was resumed without \(missing)" }
            for (place, publisher) in publishers.enumerated() {
                // Whose connection has just been made or cut, the subscriber may not know yet.
                guard let connection = publisher.connection, known.contains(connection) else { continue }
                let isWanted = publisher.book.route(of: Self.subjects[prefix]).isWanted
                if !isWanted || !publisher.topics.contains(.prefix(prefix)) {
                    mistake = "\(prefix) was resumed before publisher \(place) had it"
                }
            }
        }
    }

    // MARK: What has to be

    var isComparable: Bool {
        monitors.allSatisfy(\.isEmpty) && subscribed == prefixCount
            && publishers.allSatisfy {
                $0.connection != nil && $0.notices.isEmpty && $0.endings.isEmpty && $0.old.isEmpty && $0.new.isEmpty
            }
    }

    var fault: String? {
        guard mistake == nil, isComparable else { return mistake }
        var settled = self
        for _ in 0..<3 {
            for place in publishers.indices {
                if settled.isOwed(place) { settled.tell(place) }
                while !settled.publishers[place].new.isEmpty { settled.take(.readNew(publisher: place)) }
                while !settled.publishers[place].notices.isEmpty { settled.readNotice(place) }
            }
        }
        if let mistake = settled.mistake { return mistake }
        return settled.resumed.count == prefixCount ? nil : "only \(settled.resumed) were resumed"
    }
}
