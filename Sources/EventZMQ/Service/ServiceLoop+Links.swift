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
        for subscriber in subscribers where links[subscriber.id].connections.established > 0 {
            try? subscriber.withSocket { socket throws(EventError) in try socket.set(.linger, linger) }
        }
    }

    /// So long a subscribing socket may take to tell it.
    private static let lingerOfWithdrawal = Duration.milliseconds(100)

    private func subscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers { reporting { () throws(EventError) in try subscriber.subscribe(to: topics) } }
    }

    private func unsubscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers {
            reporting { () throws(EventError) in try subscriber.unsubscribe(from: topics) }
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
                try subscriber.unsubscribe(from: [topic])
            }
        }
    }

    /// Runs what can only fail when libzmq is out of memory or sockets.
    func reporting(_ work: () throws(EventError) -> Void) {
        do { try work() } catch { reporter.failed(error) }
    }

    // MARK: Connections

    func drainMonitors(where isReadable: (Poller.Place?) -> Bool) {
        for link in links where isReadable(link.monitorPlace) { drainMonitor(of: link) }
    }

    /// Takes note of what has happened to the connections of a socket.
    func drainMonitor(of link: Link) {
        while let event = link.monitor.next() { handle(event, on: link) }
    }

    private func handle(_ event: MonitorEvent, on link: Link) {
        let now = Instant.now
        for event in link.handle(event, now: now) { tell(event, of: link) }
        switch event {
        case .listening(let listener):
            reporting { () throws(EventError) in try Resources.guardListener(listener) }
        case .opened(let connection), .disconnected(let connection):
            // Either way nobody is there who has said who it is.
            directory.left(over: connection, of: link.id)
            if link.role == .publishes { outbox.changeTopics(at: link.id) { $0.forget(connection) } }
        default: break
        }
        guard link.role == .subscribes else { return }
        if case .disconnected(let connection) = event {
            accounts.disconnected(connection, on: link.id, now: now)
            perform(confirmation.disconnected(connection, on: link.id))
            let gone = Departures.Connection(link: link.id, descriptor: connection)
            finish(departures.disconnected { $0 == gone })
        }
        perform(confirmation.established(link.connections.established, on: link.id, now: .now))
    }

    /// A message has come over a connection, which is therefore established.
    func received(over connection: Int32, from bus: String?, _ user: String?, of link: Link) {
        let user = proved(user, at: link)
        let proved = ConnectionTable.Peer(bus: bus, user: user)
        guard link.connections.isOpen(connection), link.connections.peer(over: connection) != proved else { return }
        let event = link.received(over: connection, from: proved)
        if let bus {
            // Whoever only subscribes has said nothing in its name yet.
            let isOwner = link.role == .subscribes && user.map { claim(bus, by: $0) == nil } == true
            let peer = LinkPeer(
                id: bus,
                name: user.flatMap(name),
                endpoint: link.name,
                role: link.role == .publishes ? .subscriber : .publisher
            )
            directory.came(peer, over: connection, of: link.id, isOwner: isOwner)
        }
        guard let event else { return }
        tell(event, of: link)
        if link.role == .subscribes {
            perform(confirmation.established(link.connections.established, on: link.id, now: .now))
        }
    }

    func lostAllConnections(of link: Link) {
        directory.allLeft(link.id)
        for event in link.lostAllConnections() { tell(event, of: link) }
        guard link.role == .subscribes else { return }
        accounts.disconnected(nil, on: link.id, now: .now)
        perform(confirmation.reset(link.id))
        finish(departures.disconnected { $0.link == link.id })
    }

    private func tell(_ event: LinkEvent, of link: Link) {
        if case .connected = event, link.connects, link.connectionCount > 1 {
            reporter.counters.reconnections.add(1, ordering: .relaxed)
        }
        reporter.happened(event)
    }

    /// Tells of a peer of another version, once for each endpoint and version.
    ///
    /// - Parameters:
    ///   - peer: Which bus it says it is, and which version of what buses tell each other it speaks.
    ///   - wire: Which version of envelopes it says it speaks.
    ///   - link: Where it is.
    func check(_ peer: PeerIdentity?, wire: Int?, of link: Link) {
        var (spoken, own) = (wire ?? (peer == nil ? WireVersion.current : WireVersion.unsaid), WireVersion.current)
        if let peer, peer.version != PeerIdentity.version { (spoken, own) = (peer.version, PeerIdentity.version) }
        guard spoken != own else { return }
        guard link.strangeVersions.count < Self.maximumVersions else { return }
        guard link.strangeVersions.insert(spoken).inserted else { return }
        let who = peer.map { "bus \($0.bus)" } ?? "a peer"
        let reason = "\(who) speaks version \(spoken) of the wire format, this one \(own)"
        reporter.happened(.incompatible(endpoint: link.name, reason: reason))
    }

    /// Replaces a socket that connects; when that fails, for want of memory or descriptors, it is tried again later.
    func restart(_ link: Link) {
        guard link.connects, let address = link.address else { return }
        defer { socketsChanged() }
        do {
            switch link.role {
            case .publishes: try restartPublisher(link, address)
            case .subscribes: try restartSubscriber(link, address)
            }
            reporter.happened(.restarted(endpoint: link.name))
        } catch {
            reporter.failed(error)
            link.supervisor?.restartFailed(now: .now)
        }
    }

    /// Stops libzmq from trying again by itself.
    func disconnect(_ link: Link) {
        guard let address = link.address else { return }
        reporting { () throws(EventError) in
            try withSocket(of: link.id) { socket throws(EventError) in try socket.disconnect(from: address) }
        }
    }

    /// Runs `body` on the socket of a link; of one that publishes, under the lock of the outbox.
    func withSocket(of link: Int, _ body: (borrowing ZMQSocket) throws(EventError) -> Void) throws(EventError) {
        if let subscriber = subscribers.first(where: { $0.id == link }) {
            try subscriber.withSocket(body)
        } else {
            // To use a socket may take in the signal that there are notices.
            lookAfterPublishing()
            try outbox.withSocket(link, body)
        }
    }

    private func restartSubscriber(_ link: Link, _ address: String) throws(EventError) {
        guard let subscriber = subscribers.first(where: { $0.id == link.id }) else { return }
        try Resources.check("restart \(address)", descriptors: Resources.descriptorsOfSocket)
        let socket = try sockets.subscriber()
        let monitor = try nextMonitor(of: socket)
        subscriber.stopMonitor()
        link.monitor = monitor
        try subscriber.replace(by: socket)
        lostAllConnections(of: link)
        try subscriber.subscribe(to: announcements.all.flatMap(\.value.topics))
        try subscriber.subscribe(to: [ControlTopic.inbox(bus: busID).bytes])
        try subscriber.subscribe(
            to: announcements.all.map { incarnation, prefix in
                ControlTopic.interest(bus: busID, incarnation: incarnation, prefix: prefix).bytes
            }
        )
        try subscriber.subscribe(to: [ControlTopic.presence(bus: busID).bytes])
        try subscriber.withSocket { socket throws(EventError) in
            if let endpoint = link.endpoints.first { try sockets.secure(socket, for: endpoint) }
            try socket.connect(to: address)
        }
    }

    private func restartPublisher(_ link: Link, _ address: String) throws(EventError) {
        try Resources.check("restart \(address)", descriptors: Resources.descriptorsOfSocket)
        let socket = try sockets.publisher()
        let monitor = try nextMonitor(of: socket)
        outbox.removeSocket(link.id, now: .now)
        for change in peers.removed(link.id) { tell(change) }
        link.monitor = monitor
        lostAllConnections(of: link)
        do {
            if let endpoint = link.endpoints.first { try sockets.secure(socket, for: endpoint) }
            try socket.connect(to: address)
        } catch {
            try? socket.monitor(on: nil)
            throw error
        }
        outbox.replaceSocket(link.id, by: PublishingSocket(socket))
    }

    private func nextMonitor(of socket: borrowing ZMQSocket) throws(EventError) -> ZMQMonitor {
        nextMonitorNumber += 1
        return try ZMQMonitor(socket, in: sockets.context, name: String(nextMonitorNumber))
    }

    // MARK: Peers

    /// Takes note of who wants what; those who are owed an answer get it afterwards.
    ///
    /// - Returns: Whether there were any, and whether there may be more.
    func takeNotices(at link: Link, _ now: Instant) -> (hasSome: Bool, hasMore: Bool) {
        var hasSome = false
        for _ in 0..<Self.roundsAtOnce {
            let (notices, isAll, displaced) = outbox.takeNotices(at: link.id, atMost: Self.noticesAtOnce, now: now)
            hasSome = hasSome || !notices.isEmpty
            // The number of a connection is used again, and what is told of the one before it counts first.
            if !notices.isEmpty {
                drainMonitor(of: link)
                outbox.changeTopics(at: link.id) { $0.keep() }
            }
            for notice in notices {
                if let connection = notice.connection {
                    received(over: connection, from: notice.isForeign ? nil : notice.bus, notice.user, of: link)
                    count(notice, over: connection, at: link)
                }
                check(notice.peer, wire: notice.wire, of: link)
                if let change = peers.enter(notice, at: link.id) { tell(change) }
            }
            for bus in displaced { cutOffAnyone(as: bus) }
            if isAll { peers.settled(link.id) }
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
