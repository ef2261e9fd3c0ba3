import EventCore
import EventTransport
import LinkRuntime
import Synchronization

extension ServiceLoop {
    // MARK: Subscriptions

    /// Subscribes to a prefix everywhere, and only then says who it was: an announcement is believed.
    func announce(_ prefix: WirePrefix) {
        // One subscription serves an announcement that has not been closed yet and the next one.
        let isSubscribed = announcements.isNeeded(prefix)
        let incarnation = announcements.add(prefix)
        accounts.announced(prefix, incarnation)
        let interest = ControlTopic.interest(bus: busID, incarnation: incarnation, prefix: prefix)
        subscribeEverywhere((isSubscribed ? [] : prefix.topics) + [interest.bytes])
    }

    /// Gives prefixes up: first the announcement alone, and the subscription when all that was counted for it is here.
    func retire(_ prefixes: [WirePrefix]) {
        let connections = Set(confirmation.connections.map { Departures.Connection(link: $0, descriptor: $1) })
        for prefix in prefixes {
            guard let incarnation = announcements.leave(prefix) else { continue }
            accounts.leaving(incarnation)
            unsubscribeEverywhere([
                ControlTopic.interest(bus: busID, incarnation: incarnation, prefix: prefix).bytes
            ])
            if !departures.begin(incarnation, open: connections, now: .now) { finish([incarnation]) }
        }
    }

    /// Nothing more comes that was counted for announcements that were given up.
    func finish(_ incarnations: [UInt64], isClosed: Bool = true) {
        for incarnation in incarnations {
            guard let prefix = announcements.close(incarnation) else { continue }
            if !announcements.isNeeded(prefix) { unsubscribeEverywhere(prefix.topics) }
            confirmation.released(incarnation)
            accounts.released(prefix, incarnation, isClosed: isClosed, now: .now)
        }
    }

    /// Tells the publishers that nothing is wanted any more, so that they do not count for a bus that will not come back.
    func withdrawAll() {
        for (incarnation, prefix) in announcements.all {
            unsubscribeEverywhere([ControlTopic.interest(bus: busID, incarnation: incarnation, prefix: prefix).bytes])
        }
        let linger = min(configuration.linger, Self.lingerOfWithdrawal).milliseconds
        for subscriber in subscribers where watches[subscriber.id].connections.established > 0 {
            try? subscriber.socket.set(.linger, linger)
        }
    }

    /// So long a subscribing socket may take to tell it.
    private static let lingerOfWithdrawal = Duration.milliseconds(100)

    private func subscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers { reporting { () throws(EventError) in try subscriber.subscribe(to: topics) } }
    }

    private func unsubscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers {
            reporting { () throws(EventError) in
                for topic in topics { try subscriber.socket.unsubscribe(from: topic) }
            }
        }
    }

    /// Says which messages have been read: by subscriptions that end at once, since nothing else goes to publishers.
    func sendAcknowledgements(_ now: Instant) {
        for (target, serial) in acknowledgements.takeDue(now) {
            guard let subscriber = subscribers.first(where: { $0.id == target.link }) else { continue }
            let topic = ControlTopic.acknowledgement(
                bus: busID,
                origin: target.origin,
                socket: target.socket,
                serial: serial
            ).bytes
            reporting { () throws(EventError) in
                try subscriber.subscribe(to: [topic])
                try subscriber.socket.unsubscribe(from: topic)
            }
        }
    }

    /// Runs what can only fail when libzmq is out of memory or sockets.
    func reporting(_ work: () throws(EventError) -> Void) {
        do { try work() } catch { reporter.failed(error) }
    }

    // MARK: Connections

    func drainMonitors(where isReadable: (Int) -> Bool) {
        for (place, watch) in watches.enumerated() where isReadable(place) {
            drainMonitor(of: watch)
        }
    }

    /// Takes note of what has happened to the connections of a socket.
    func drainMonitor(of watch: LinkWatch) {
        while let event = watch.monitor.next() { handle(event, on: watch) }
    }

    private func handle(_ event: MonitorEvent, on watch: LinkWatch) {
        let now = Instant.now
        for event in watch.handle(event, now: now) { tell(event, of: watch) }
        switch event {
        case .listening(let listener):
            reporting { () throws(EventError) in try Resources.guardListener(listener) }
        case .opened(let connection), .disconnected(let connection):
            // Either way nobody is there who has said who it is.
            directory.left(over: connection, of: watch.id)
            if watch.role == .publishes { outbox.changeTopics(at: watch.id) { $0.forget(connection) } }
        default: break
        }
        guard watch.role == .subscribes else { return }
        if case .disconnected(let connection) = event {
            accounts.disconnected(connection, on: watch.id, now: now)
            perform(confirmation.disconnected(connection, on: watch.id))
            let gone = Departures.Connection(link: watch.id, descriptor: connection)
            finish(departures.disconnected { $0 == gone })
        }
        perform(confirmation.established(watch.connections.established, on: watch.id, now: .now))
    }

    /// A message has come over a connection, which is therefore established.
    func received(over connection: Int32, from bus: String?, _ user: String?, of watch: LinkWatch) {
        let user = proved(user, at: watch)
        let proved = ConnectionTable.Peer(bus: bus, user: user)
        guard watch.connections.isOpen(connection), watch.connections.peer(over: connection) != proved else { return }
        let event = watch.received(over: connection, from: proved)
        if let bus {
            // Whoever only subscribes has said nothing in its name yet.
            let isOwner = watch.role == .subscribes && user.map { claim(bus, by: $0) == nil } == true
            let peer = LinkPeer(
                id: bus,
                name: user.flatMap(name),
                endpoint: watch.name,
                role: watch.role == .publishes ? .subscriber : .publisher
            )
            directory.came(peer, over: connection, of: watch.id, isOwner: isOwner)
        }
        guard let event else { return }
        tell(event, of: watch)
        if watch.role == .subscribes {
            perform(confirmation.established(watch.connections.established, on: watch.id, now: .now))
        }
    }

    func lostAllConnections(of watch: LinkWatch) {
        directory.allLeft(watch.id)
        for event in watch.lostAllConnections() { tell(event, of: watch) }
        guard watch.role == .subscribes else { return }
        accounts.disconnected(nil, on: watch.id, now: .now)
        perform(confirmation.reset(watch.id))
        finish(departures.disconnected { $0.link == watch.id })
    }

    private func tell(_ event: LinkEvent, of watch: LinkWatch) {
        if case .connected = event, watch.connects, watch.connectionCount > 1 {
            reporter.counters.reconnections.add(1, ordering: .relaxed)
        }
        reporter.happened(event)
    }

    /// Tells of a peer of another version, once for each endpoint and version.
    ///
    /// - Parameters:
    ///   - peer: Which bus it says it is, and which version of what buses tell each other it speaks.
    ///   - wire: Which version of envelopes it says it speaks.
    ///   - watch: Where it is.
    func check(_ peer: PeerIdentity?, wire: Int?, of watch: LinkWatch) {
        var (spoken, own) = (wire ?? (peer == nil ? WireVersion.current : WireVersion.unsaid), WireVersion.current)
        if let peer, peer.version != PeerIdentity.version { (spoken, own) = (peer.version, PeerIdentity.version) }
        guard spoken != own else { return }
        guard watch.strangeVersions.count < Self.maximumVersions else { return }
        guard watch.strangeVersions.insert(spoken).inserted else { return }
        let who = peer.map { "bus \($0.bus)" } ?? "a peer"
        let reason = "\(who) speaks version \(spoken) of the wire format, this one \(own)"
        reporter.happened(.incompatible(endpoint: watch.name, reason: reason))
    }

    /// Replaces a socket that connects; when that fails, for want of memory or descriptors, it is tried again later.
    func restart(_ watch: LinkWatch) {
        guard watch.connects, let address = watch.address else { return }
        defer { socketsChanged() }
        do {
            switch watch.role {
            case .publishes: try restartPublisher(watch, address)
            case .subscribes: try restartSubscriber(watch, address)
            }
            reporter.happened(.restarted(endpoint: watch.name))
        } catch {
            reporter.failed(error)
            watch.supervisor?.restartFailed(now: .now)
        }
    }

    /// Stops libzmq from trying again by itself.
    func disconnect(_ watch: LinkWatch) {
        guard let address = watch.address else { return }
        reporting { () throws(EventError) in
            try withSocket(of: watch.id) { socket throws(EventError) in try socket.disconnect(from: address) }
        }
    }

    /// Runs `body` on the socket of a link; of one that publishes, under the lock of the outbox.
    func withSocket(of link: Int, _ body: (borrowing ZMQSocket) throws(EventError) -> Void) throws(EventError) {
        if let subscriber = subscribers.first(where: { $0.id == link }) {
            try body(subscriber.socket)
        } else {
            try outbox.withSocket(link, body)
        }
    }

    private func restartSubscriber(_ watch: LinkWatch, _ address: String) throws(EventError) {
        guard let subscriber = subscribers.first(where: { $0.id == watch.id }) else { return }
        try Resources.check("restart \(address)", descriptors: Resources.descriptorsOfSocket)
        let socket = try sockets.subscriber()
        let monitor = try nextMonitor(of: socket)
        // A monitor is stopped before its reader goes, or libzmq's thread would wait for the reader.
        try? subscriber.socket.monitor(on: nil)
        watch.monitor = monitor
        subscriber.socket = socket
        lostAllConnections(of: watch)
        try subscriber.subscribe(to: announcements.all.flatMap(\.value.topics))
        try subscriber.subscribe(to: [ControlTopic.inbox(bus: busID).bytes])
        try subscriber.subscribe(
            to: announcements.all.map { incarnation, prefix in
                ControlTopic.interest(bus: busID, incarnation: incarnation, prefix: prefix).bytes
            }
        )
        try subscriber.subscribe(to: [ControlTopic.presence(bus: busID).bytes])
        if let endpoint = watch.endpoints.first { try sockets.secure(subscriber.socket, for: endpoint) }
        try subscriber.socket.connect(to: address)
    }

    private func restartPublisher(_ watch: LinkWatch, _ address: String) throws(EventError) {
        try Resources.check("restart \(address)", descriptors: Resources.descriptorsOfSocket)
        let socket = try sockets.publisher()
        let monitor = try nextMonitor(of: socket)
        outbox.removeSocket(watch.id, now: .now)
        for change in peers.removed(watch.id) { tell(change) }
        watch.monitor = monitor
        lostAllConnections(of: watch)
        do {
            if let endpoint = watch.endpoints.first { try sockets.secure(socket, for: endpoint) }
            try socket.connect(to: address)
        } catch {
            try? socket.monitor(on: nil)
            throw error
        }
        outbox.replaceSocket(watch.id, by: PublishingSocket(socket))
    }

    private func nextMonitor(of socket: borrowing ZMQSocket) throws(EventError) -> ZMQMonitor {
        nextMonitorNumber += 1
        return try ZMQMonitor(socket, in: sockets.context, name: String(nextMonitorNumber))
    }

    // MARK: Peers

    /// Takes note of who wants what; those who are owed an answer get it afterwards.
    ///
    /// - Returns: Whether there were any, and whether there may be more.
    func takeNotices(at watch: LinkWatch, _ now: Instant) -> (hasSome: Bool, hasMore: Bool) {
        var hasSome = false
        for _ in 0..<Self.roundsAtOnce {
            let (notices, isAll, displaced) = outbox.takeNotices(at: watch.id, atMost: Self.noticesAtOnce, now: now)
            hasSome = hasSome || !notices.isEmpty
            // The number of a connection is used again, and what is told of the one before it counts first.
            if !notices.isEmpty {
                drainMonitor(of: watch)
                outbox.changeTopics(at: watch.id) { $0.keep() }
            }
            for notice in notices {
                if let connection = notice.connection {
                    received(over: connection, from: notice.isForeign ? nil : notice.bus, notice.user, of: watch)
                    count(notice, over: connection, at: watch)
                }
                check(notice.peer, wire: notice.wire, of: watch)
                if let change = peers.enter(notice, at: watch.id) { tell(change) }
            }
            for bus in displaced { cutOffAnyone(as: bus) }
            if isAll { peers.settled(watch.id) }
            resumeSubscriberWaits()
            if isAll { return (hasSome, false) }
        }
        return (hasSome, true)
    }

    /// So many versions of the wire format are told apart at an endpoint.
    private static var maximumVersions: Int { 16 }

    /// So many messages are read without letting go of the lock that publishers want.
    private static var noticesAtOnce: Int { 256 }
    /// So many times, before anything else has its turn.
    private static var roundsAtOnce: Int { 32 }

    private func tell(_ change: PeerTable.Change) {
        switch change {
        case .joined(let bus) where bus != busID: reporter.happened(.subscriberJoined(bus))
        case .left(let bus) where bus != busID: reporter.happened(.subscriberLeft(bus))
        case .joined, .left: break
        }
    }
}

extension PeerTable {
    /// Enters what a publishing socket says; returns who came or left by it.
    fileprivate mutating func enter(_ notice: SubscriptionNotice, at socket: Int) -> Change? {
        let topic: Notice
        switch notice.topic {
        case .prefix(let prefix): topic = .prefix(prefix)
        case .control(.interest(let bus, _, let prefix)):
            let isPlain = notice.connection == nil ? hasAnnounced(prefix.plain, bus, at: socket) : notice.isOfPlainBus
            topic = .interest(bus: bus, prefix: isPlain ? prefix.plain : prefix)
        case .control(.presence(let bus)): topic = .presence(bus: bus)
        case .control, .unknown: return nil
        }
        let identity = notice.bus
        guard !notice.isSubscription else { return subscribed(topic, at: socket, by: identity) }
        return unsubscribed(topic, at: socket, by: identity, isNamed: notice.connection != nil)
    }
}
