import EventCore

extension ServiceLoop {
    // MARK: Subscriptions

    /// What a bus subscribes to for a prefix: first the announcement of who wants it, then the prefix.
    func topics(for prefix: WirePrefix) -> [[UInt8]] {
        [ControlTopic.interest(bus: busID, prefix: prefix).bytes, prefix.bytes]
    }

    func confirmationTopic(_ round: UInt64) -> [UInt8] {
        ControlTopic.confirmation(bus: busID, round: round).bytes
    }

    func subscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers { reporting { () throws(EventError) in try subscriber.subscribe(to: topics) } }
    }

    func unsubscribeEverywhere(_ topics: [[UInt8]]) {
        for subscriber in subscribers {
            reporting { () throws(EventError) in
                for topic in topics { try subscriber.socket.unsubscribe(from: topic) }
            }
        }
    }

    /// Runs what can only fail when libzmq is out of memory or sockets.
    private func reporting(_ work: () throws(EventError) -> Void) {
        do { try work() } catch { reporter.failed(error) }
    }

    // MARK: Connections

    func drainMonitors(where isReadable: (Int) -> Bool) {
        for (place, watch) in watches.enumerated() where isReadable(place) {
            while let event = watch.monitor.next() { handle(event, on: watch) }
        }
    }

    private func handle(_ event: MonitorEvent, on watch: LinkWatch) {
        let now = Instant.now
        if let action = watch.handle(event, now: now) {
            for endpoint in watch.endpoints { announce(action, endpoint) }
        }
        if watch.role == .subscribes { perform(confirmation.handle(event, on: watch.id, now: now)) }
    }

    private func announce(_ action: SupervisorStateMachine.Action, _ endpoint: ZMQEndpoint) {
        switch action {
        case .connected: reporter.happened(.connected(endpoint: endpoint.address))
        case .disconnected: reporter.happened(.disconnected(endpoint: endpoint.address, reason: "the connection ended"))
        case .refused(let code): reporter.happened(.refused(endpoint: endpoint.address, reason: "handshake failed, \(code)"))
        case .restart: reporter.happened(.restarted(endpoint: endpoint.address))
        }
    }

    /// Replaces a socket that connects; when that fails, for want of memory or descriptors, it is tried again later.
    func restart(_ watch: LinkWatch) {
        guard watch.connects, let endpoint = watch.endpoints.first else { return }
        defer { socketsChanged() }
        do {
            switch watch.role {
            case .publishes: try restartPublisher(watch, endpoint)
            case .subscribes: try restartSubscriber(watch, endpoint)
            }
            announce(.restart, endpoint)
        } catch {
            reporter.failed(error)
            watch.supervisor?.restartFailed(now: .now)
        }
    }

    private func restartSubscriber(_ watch: LinkWatch, _ endpoint: ZMQEndpoint) throws(EventError) {
        guard let subscriber = subscribers.first(where: { $0.id == watch.id }) else { return }
        let socket = try sockets.subscriber()
        let monitor = try nextMonitor(of: socket)
        // A monitor is stopped before its reader goes, or libzmq's thread would wait for the reader.
        try? subscriber.socket.monitor(on: nil)
        watch.monitor = monitor
        subscriber.socket = socket
        perform(confirmation.reset(watch.id, now: .now))
        try subscriber.subscribe(to: prefixes.prefixes.map(\.bytes))
        try subscriber.subscribe(to: [ControlTopic.presence(bus: busID).bytes])
        try subscriber.subscribe(to: prefixes.prefixes.map { ControlTopic.interest(bus: busID, prefix: $0).bytes })
        try subscriber.socket.connect(to: endpoint.address)
    }

    private func restartPublisher(_ watch: LinkWatch, _ endpoint: ZMQEndpoint) throws(EventError) {
        let socket = try sockets.publisher()
        let monitor = try nextMonitor(of: socket)
        outbox.remove(watch.id)
        for change in peers.removed(watch.id) { announce(change) }
        watch.monitor = monitor
        do {
            try socket.connect(to: endpoint.address)
        } catch {
            try? socket.monitor(on: nil)
            throw error
        }
        outbox.add(watch.id, PublishingSocket(id: watch.id, socket))
    }

    private func nextMonitor(of socket: borrowing ZMQSocket) throws(EventError) -> ZMQMonitor {
        nextMonitorNumber += 1
        return try ZMQMonitor(socket, in: sockets.context, name: String(nextMonitorNumber))
    }

    // MARK: Peers

    /// Takes note of who wants what, and answers those who ask whether it is known.
    ///
    /// - Returns: Whether there may be more.
    func takeNotices(at socket: Int) -> Bool {
        defer { resumeSubscriberWaits() }
        for _ in 0..<Self.roundsAtOnce {
            let notices = outbox.takeNotices(at: socket, atMost: Self.noticesAtOnce)
            var answers: [[UInt8]] = []
            for notice in notices.topics {
                let topic = notice.dropFirst()
                let isBeginning = notice.first == 1
                if isBeginning, case .confirmation? = ControlTopic(topic) { answers.append(Array(topic)) }
                if let notice = Self.notice(topic) { take(notice, isBeginning, at: socket) }
            }
            if notices.isAll { peers.settled(socket) }
            // Whoever gets an answer may tell a publisher to publish: it must be known by then that somebody listens.
            outbox.settle(socket, hasInterest: peers.hasInterest(at: socket), answers: answers, from: Array(busID.utf8))
            // Sending answers may swallow the signal that there are notices again.
            if notices.isAll && answers.isEmpty { return false }
        }
        return true
    }

    private func take(_ notice: PeerTable.Notice, _ isBeginning: Bool, at socket: Int) {
        let change =
            isBeginning
            ? peers.subscribed(notice, at: socket, by: nil)
            : peers.unsubscribed(notice, at: socket, by: nil, isNamed: false)
        if let change { announce(change) }
    }

    private static func notice(_ topic: some Collection<UInt8>) -> PeerTable.Notice? {
        guard topic.first == ControlTopic.firstByte else { return .prefix(WirePrefix(Array(topic))) }
        switch ControlTopic(topic) {
        case .interest(let bus, let prefix): return .interest(bus: bus, prefix: prefix)
        case .presence(let bus): return .presence(bus: bus)
        case .confirmation, nil: return nil
        }
    }

    /// So many messages are read without letting go of the lock that publishers want.
    private static var noticesAtOnce: Int { 1000 }
    /// So many times, before anything else has its turn.
    private static var roundsAtOnce: Int { 8 }

    private func announce(_ change: PeerTable.Change) {
        switch change {
        case .joined(let bus) where bus != busID: reporter.happened(.subscriberJoined(bus))
        case .left(let bus) where bus != busID: reporter.happened(.subscriberLeft(bus))
        case .joined, .left: break
        }
    }
}
